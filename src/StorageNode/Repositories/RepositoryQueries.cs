using Grpc.Core;
using Praefect.StorageNode.Storages;
using Praefect.Wire.Protos;

namespace Praefect.StorageNode.Repositories;

/// <summary>What can be asked of a repository as a whole: RepositoryExists, sizes, ObjectFormat, CalculateChecksum.</summary>
public sealed class RepositoryQueries(StorageFolders storages)
{
    private const int NothingFound = 1;

    private static readonly EnumerationOptions Deep = new()
    {
        RecurseSubdirectories = true,
        AttributesToSkip = FileAttributes.ReparsePoint,
        IgnoreInaccessible = true,
    };

    /// <summary>Whether there is a repository.</summary>
    public Task<RepositoryExistsResponse> ExistsAsync(RepositoryExistsRequest request, ServerCallContext call) =>
        Task.FromResult(new RepositoryExistsResponse { Exists = storages.Locate(request.Repository).Exists });

    /// <summary>Size of everything in the repository, in KiB.</summary>
    public Task<RepositorySizeResponse> SizeAsync(RepositorySizeRequest request, ServerCallContext call) =>
        Task.FromResult(new RepositorySizeResponse { Size = SizeInKibibytes(storages.Find(request.Repository).FullPath, call.CancellationToken) });

    /// <summary>Size of its objects, in KiB.</summary>
    public Task<GetObjectDirectorySizeResponse> ObjectDirectorySizeAsync(GetObjectDirectorySizeRequest request, ServerCallContext call)
    {
        var path = Path.Combine(storages.Find(request.Repository).FullPath, "objects");
        return Task.FromResult(new GetObjectDirectorySizeResponse { Size = SizeInKibibytes(path, call.CancellationToken) });
    }

    /// <summary>The hash of its objects.</summary>
    public async Task<ObjectFormatResponse> ObjectFormatAsync(ObjectFormatRequest request, ServerCallContext call) =>
        new() { Format = await ReadObjectFormatAsync(storages.Find(request.Repository), call.CancellationToken) };

    /// <summary>Gitaly's checksum.</summary>
    public async Task<CalculateChecksumResponse> ChecksumAsync(CalculateChecksumRequest request, ServerCallContext call) =>
        new() { Checksum = await CalculateAsync(storages.Find(request.Repository), call.CancellationToken) };

    /// <summary>Gitaly's checksum of <paramref name="repository"/>.</summary>
    public static async Task<string> CalculateAsync(RepositoryFolder repository, CancellationToken cancellationToken)
    {
        var output = await repository.Git.CaptureAsync(repository.Command("show-ref", "--head"), cancellationToken, NothingFound);
        var checksum = new ReferenceChecksum();
        checksum.AddLines(output.Bytes.Span);
        return checksum.ToString();
    }

    /// <summary>The hash of the objects of <paramref name="repository"/>.</summary>
    public static async Task<ObjectFormat> ReadObjectFormatAsync(RepositoryFolder repository, CancellationToken cancellationToken)
    {
        var output = await repository.Git.CaptureAsync(repository.Command("rev-parse", "--show-object-format"), cancellationToken);
        return output.Text is "sha256" ? ObjectFormat.Sha256 : ObjectFormat.Sha1;
    }

    private static long SizeInKibibytes(string path, CancellationToken cancellationToken)
    {
        long bytes = 0;
        foreach (var file in new DirectoryInfo(path).EnumerateFiles("*", Deep))
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                bytes += file.Length;
            }
            catch (FileNotFoundException)
            {
                // Git replaced it meanwhile.
            }
        }

        return bytes / 1024;
    }
}

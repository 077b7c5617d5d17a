using Google.Protobuf;
using Praefect.Wire.Contract;
using Praefect.Wire.Grpc;
using Praefect.Wire.Protos;

namespace Praefect.Benchmarks.Proxy;

/// <summary>The calls that the load consists of.</summary>
internal static class LoadOperation
{
    public const string RefExists = "refexists";
    public const string RepositorySize = "reposize";
    public const string WriteRef = "writeref";
    public const string Blob = "blob";

    /// <summary>Bytes that one <see cref="Blob"/> call carries.</summary>
    public const int BlobBytes = 16 * 1024 * 1024;

    /// <summary>Makes one call and returns the payload bytes that came back.</summary>
    public static async Task<long> CallAsync(string operation, GrpcChannel channel, Repository repository, int caller, CancellationToken ct)
    {
        switch (operation)
        {
            case RefExists:
                await channel.UnaryAsync(Methods.Ref.RefExists, new RefExistsRequest { Repository = repository, Ref = ByteString.CopyFromUtf8("refs/heads/main") }, RefExistsResponse.Parser, null, ct);
                return 0;
            case RepositorySize:
                await channel.UnaryAsync(Methods.Repository.RepositorySize, new RepositorySizeRequest { Repository = repository }, RepositorySizeResponse.Parser, null, ct);
                return 0;
            case WriteRef:
                var request = new WriteRefRequest { Repository = repository, Ref = ByteString.CopyFromUtf8($"refs/heads/caller-{caller}"), Revision = ByteString.CopyFromUtf8(new string('1', 40)) };
                await channel.UnaryAsync(Methods.Repository.WriteRef, request, WriteRefResponse.Parser, null, ct);
                return 0;
            case Blob:
                return await ReadBlobAsync(channel, repository, ct);
            default:
                throw new ArgumentException($"no operation \"{operation}\"; there are {RefExists}, {RepositorySize}, {WriteRef}, {Blob}", nameof(operation));
        }
    }

    private static async Task<long> ReadBlobAsync(GrpcChannel channel, Repository repository, CancellationToken ct)
    {
        await using var call = channel.Open<GetBlobRequest, GetBlobResponse>(Methods.Blob.GetBlob, GetBlobResponse.Parser, null, ct);
        await call.WriteAsync(new GetBlobRequest { Repository = repository, Oid = new string('1', 40), Limit = BlobBytes }, ct);
        await call.CompleteAsync(ct);
        var bytes = 0L;
        while (await call.ReadAsync(ct) is { } message)
            bytes += message.Data.Length;
        return bytes;
    }
}

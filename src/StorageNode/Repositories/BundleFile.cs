using Google.Protobuf;
using Praefect.StorageNode.Storages;
using Praefect.Wire.Grpc;
using Praefect.Wire.Protos;

namespace Praefect.StorageNode.Repositories;

/// <summary>A bundle that came in pieces, kept in a temporary file because git reads bundles from files.</summary>
public sealed class BundleFile : IAsyncDisposable
{
    private BundleFile(string path) => FilePath = path;

    /// <summary>Where it lies.</summary>
    public string FilePath { get; }

    /// <summary>Writes <paramref name="first"/> and the rest of the stream.</summary>
    public static async Task<BundleFile> ReceiveAsync<T>(
        StorageFolder storage, ByteString first, IAsyncEnumerator<T> rest, Func<T, ByteString> data, CancellationToken cancellationToken)
    {
        var bundle = new BundleFile(storage.NewTemporaryPath("bundle"));
        try
        {
            await using var file = new FileStream(bundle.FilePath, FileMode.CreateNew, FileAccess.Write, FileShare.Read, bufferSize: 0, useAsync: true);
            await file.WriteAsync(first.Memory, cancellationToken);
            while (await rest.MoveNextAsync())
            {
                await file.WriteAsync(data(rest.Current).Memory, cancellationToken);
            }

            return bundle;
        }
        catch
        {
            await bundle.DisposeAsync();
            throw;
        }
    }

    /// <summary>Reads the text in front of the pack.</summary>
    /// <exception cref="GrpcException">InvalidArgument: not a bundle.</exception>
    public async Task<BundleHeader> ReadHeaderAsync(CancellationToken cancellationToken)
    {
        using var reader = new StreamReader(FilePath);
        var signature = await reader.ReadLineAsync(cancellationToken);
        if (signature is not ("# v2 git bundle" or "# v3 git bundle"))
        {
            throw new GrpcException(GrpcStatusCode.InvalidArgument, "data is not a git bundle");
        }

        var header = new BundleHeader();
        while (await reader.ReadLineAsync(cancellationToken) is { Length: > 0 } line)
        {
            header.Read(line);
        }

        return header;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        File.Delete(FilePath);
        return ValueTask.CompletedTask;
    }
}

/// <summary>What the text in front of a bundle's pack says.</summary>
public sealed class BundleHeader
{
    private readonly Dictionary<string, string> _references = new(StringComparer.Ordinal);

    /// <summary>Hash of the objects.</summary>
    public ObjectFormat ObjectFormat { get; private set; } = ObjectFormat.Sha1;

    /// <summary>The object that HEAD names; null when the bundle has no HEAD.</summary>
    public string? Head => _references.GetValueOrDefault("HEAD");

    /// <summary>The branch that HEAD most likely stood for, since bundles do not tell: main or master if it has HEAD's object, else the first that has.</summary>
    public string? GuessHead()
    {
        var candidates = _references
            .Where(reference => reference.Key.StartsWith("refs/heads/", StringComparison.Ordinal) && (Head is null || string.Equals(reference.Value, Head, StringComparison.Ordinal)))
            .Select(reference => reference.Key)
            .Order(StringComparer.Ordinal)
            .ToList();
        return candidates.Find(name => name is "refs/heads/main") ?? candidates.Find(name => name is "refs/heads/master") ?? candidates.FirstOrDefault();
    }

    internal void Read(string line)
    {
        if (line.StartsWith('@'))
        {
            ObjectFormat = string.Equals(line, "@object-format=sha256", StringComparison.Ordinal) ? ObjectFormat.Sha256 : ObjectFormat;
        }
        else if (line[0] != '-' && line.Split(' ', 2) is [var target, var name])
        {
            _references[name] = target;
        }
    }
}

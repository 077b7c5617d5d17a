using Praefect.Wire.Grpc;
using Praefect.Wire.Protos;

namespace Praefect.StorageNode.Storages;

/// <summary>The storages of this node, by name.</summary>
public sealed class StorageFolders(IReadOnlyList<StorageFolder> folders) : IDisposable
{
    private readonly Dictionary<string, StorageFolder> _byName = folders.ToDictionary(folder => folder.Name, StringComparer.Ordinal);

    /// <summary>All storages.</summary>
    public IReadOnlyCollection<StorageFolder> All => _byName.Values;

    /// <summary>The storage called <paramref name="name"/>.</summary>
    /// <exception cref="GrpcException">InvalidArgument: not set, or none of this node's.</exception>
    public StorageFolder Get(string name)
    {
        if (name.Length == 0)
        {
            throw new GrpcException(GrpcStatusCode.InvalidArgument, "storage is not set");
        }

        return _byName.TryGetValue(name, out var folder)
            ? folder
            : throw new GrpcException(GrpcStatusCode.InvalidArgument, $"storage name not found: {Quote(name)}");
    }

    /// <summary>The place of the repository that a request names.</summary>
    /// <exception cref="GrpcException">InvalidArgument: not set, unknown storage, refused path, or a quarantine folder is asked for.</exception>
    public RepositoryFolder Locate(Repository? repository)
    {
        if (repository is null)
        {
            throw new GrpcException(GrpcStatusCode.InvalidArgument, "repository not set");
        }

        // Only access checks inside a push use these, and this node runs none: to ignore them would show another repository.
        if (repository.GitObjectDirectory.Length > 0 || repository.GitAlternateObjectDirectories.Count > 0)
        {
            throw new GrpcException(GrpcStatusCode.InvalidArgument, "git_object_directory is not supported by this node");
        }

        return Get(repository.StorageName).Locate(repository.RelativePath);
    }

    /// <summary>The existing repository that a request names.</summary>
    /// <exception cref="GrpcException">As <see cref="Locate"/>, or NotFound.</exception>
    public RepositoryFolder Find(Repository? repository) => Locate(repository).EnsureExists();

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var folder in _byName.Values)
        {
            folder.Dispose();
        }
    }

    private static string Quote(string name) => "\"" + name.ReplaceLineEndings(" ") + "\"";
}

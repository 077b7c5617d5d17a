using Praefect.StorageNode.Git;
using Praefect.Wire.Grpc;

namespace Praefect.StorageNode.Storages;

/// <summary>Where a repository lies, or would lie.</summary>
/// <param name="Storage">Its storage.</param>
/// <param name="RelativePath">Its checked path in the storage.</param>
/// <param name="FullPath">Its absolute path: git's own directory, since all repositories are bare.</param>
public sealed record RepositoryFolder(StorageFolder Storage, string RelativePath, string FullPath)
{
    /// <summary>Whether a repository is there: it has objects, references and HEAD.</summary>
    public bool Exists =>
        Directory.Exists(Path.Combine(FullPath, "objects")) && Directory.Exists(Path.Combine(FullPath, "refs")) && File.Exists(Path.Combine(FullPath, "HEAD"));

    /// <summary>Runs git for it.</summary>
    public GitRunner Git => Storage.Git;

    /// <summary>A git command in it.</summary>
    public GitCommand Command(params IReadOnlyList<string> arguments) => GitCommand.In(FullPath, arguments);

    /// <summary>Returns itself if it exists.</summary>
    /// <exception cref="GrpcException">NotFound.</exception>
    public RepositoryFolder EnsureExists() =>
        Exists ? this : throw new GrpcException(GrpcStatusCode.NotFound, "repository not found");
}

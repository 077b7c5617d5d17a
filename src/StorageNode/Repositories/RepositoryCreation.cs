using Praefect.StorageNode.Storages;
using Praefect.StorageNode.Votes;
using Praefect.Wire.Grpc;
using Praefect.Wire.Protos;
using VotePhase = Praefect.Wire.Protos.VoteTransactionRequest.Types.Phase;

namespace Praefect.StorageNode.Repositories;

/// <summary>
/// Makes a repository beside its place, lets the replicas agree on what it is, and puts it in place in one step: no reader ever sees a
/// half-made one, and one that is not agreed on leaves nothing.
/// </summary>
public sealed class RepositoryCreation(RepositoryLocks locks)
{
    /// <summary>Makes an empty repository, fills it with <paramref name="fill"/>, votes when there is a transaction, makes it visible.</summary>
    /// <exception cref="GrpcException">AlreadyExists; Aborted by a vote; InvalidArgument: no such default branch.</exception>
    public async Task CreateAsync(
        RepositoryFolder target, NewRepository options, CallTransaction? transaction, Func<RepositoryFolder, Task>? fill, CancellationToken cancellationToken)
    {
        using var held = await locks.EnterAsync(target, LockKind.Existence, cancellationToken);
        await CreateHeldAsync(target, options, transaction, fill, cancellationToken);
    }

    /// <summary>As <see cref="CreateAsync"/>, for callers that hold the lock of the repository's existence; with <paramref name="replace"/> in the place of what is there.</summary>
    public static async Task CreateHeldAsync(
        RepositoryFolder target, NewRepository options, CallTransaction? transaction, Func<RepositoryFolder, Task>? fill, CancellationToken cancellationToken,
        bool replace = false)
    {
        EnsureFree(target, replace);
        var temporary = target with { FullPath = target.Storage.NewTemporaryPath("create") };
        try
        {
            await InitializeAsync(temporary, options, cancellationToken);
            if (fill is not null)
            {
                await fill(temporary);
            }

            await PlaceAsync(temporary, target, transaction, replace, cancellationToken);
        }
        finally
        {
            Removal.RemoveFolder(temporary.FullPath);
        }
    }

    private static async Task InitializeAsync(RepositoryFolder temporary, NewRepository options, CancellationToken cancellationToken)
    {
        var format = options.ObjectFormat == ObjectFormat.Sha256 ? "sha256" : "sha1";
        await temporary.Git.CaptureAsync(
            new Git.GitCommand
            {
                Arguments =
                [
                    "init", "--quiet", "--bare", "--template=", $"--object-format={format}", $"--initial-branch={options.DefaultBranch}", temporary.FullPath,
                ],
            },
            cancellationToken);
    }

    private static async Task PlaceAsync(
        RepositoryFolder temporary, RepositoryFolder target, CallTransaction? transaction, bool replace, CancellationToken cancellationToken)
    {
        var state = transaction is null ? default : await LogicalState.ReadAsync(temporary, cancellationToken);
        if (target.Git.Durable)
        {
            Durability.FlushTree(temporary.FullPath);
        }

        if (transaction is not null)
        {
            await transaction.VoteOnAsync(state, VotePhase.PreparedPhase, cancellationToken);
        }

        var parent = Path.GetDirectoryName(target.FullPath)!;
        Directory.CreateDirectory(parent);
        EnsureFree(target, replace);
        if (Directory.Exists(target.FullPath))
        {
            MoveAway(target);
        }

        Directory.Move(temporary.FullPath, target.FullPath);
        if (target.Git.Durable)
        {
            FlushParents(target);
        }

        if (transaction is not null)
        {
            await transaction.VoteOnAsync(state, VotePhase.CommittedPhase, cancellationToken);
        }
    }

    private static void FlushParents(RepositoryFolder target)
    {
        for (var folder = Path.GetDirectoryName(target.FullPath)!; folder.Length >= target.Storage.FullPath.Length; folder = Path.GetDirectoryName(folder)!)
        {
            Durability.FlushFolder(folder);
            if (string.Equals(folder, target.Storage.FullPath, StringComparison.Ordinal))
            {
                return;
            }
        }
    }

    // One rename out of the way and one into place: for a moment there is none, but never a mixture.
    private static void MoveAway(RepositoryFolder target)
    {
        var grave = target.Storage.NewTemporaryPath("replace");
        Directory.Move(target.FullPath, grave);
        Removal.RemoveFolder(grave);
    }

    private static void EnsureFree(RepositoryFolder target, bool replace)
    {
        for (var folder = Path.GetDirectoryName(target.RelativePath); !string.IsNullOrEmpty(folder); folder = Path.GetDirectoryName(folder))
        {
            // A repository inside another one would be lost when the outer one is removed.
            if (target.Storage.Locate(folder).Exists)
            {
                throw new GrpcException(GrpcStatusCode.InvalidArgument, "relative path lies inside another repository");
            }
        }

        if (!replace && Directory.Exists(target.FullPath) && Directory.EnumerateFileSystemEntries(target.FullPath).Any())
        {
            throw new GrpcException(GrpcStatusCode.AlreadyExists, "creating repository: repository exists already");
        }

        if (replace && !target.Exists && RepositoryWalk.ContainsAny(target))
        {
            throw new GrpcException(GrpcStatusCode.InvalidArgument, "relative path is a folder with other repositories");
        }
    }
}

/// <summary>What a new repository is like.</summary>
/// <param name="DefaultBranch">Short name of the branch that HEAD stands for.</param>
/// <param name="ObjectFormat">Hash of its objects; unspecified means SHA-1.</param>
public sealed record NewRepository(string DefaultBranch, ObjectFormat ObjectFormat)
{
    /// <summary>The branch when a request names none, as Gitaly's.</summary>
    public const string UsualBranch = "main";
}

using Grpc.Core;
using Praefect.StorageNode.Storages;
using Praefect.Wire.Grpc;
using Praefect.Wire.Protos;
using Strategy = Praefect.Wire.Protos.OptimizeRepositoryRequest.Types.Strategy;

namespace Praefect.StorageNode.Repositories;

/// <summary>OptimizeRepository and PruneUnreachableObjects. Neither changes what a repository means, so neither votes.</summary>
public sealed class Maintenance(StorageFolders storages, RepositoryLocks locks)
{
    /// <summary>Loose objects from which a heuristical run repacks.</summary>
    public const int ManyLooseObjects = 1024;

    /// <summary>Packs from which a heuristical run repacks.</summary>
    public const int ManyPacks = 10;

    /// <summary>Loose references from which a heuristical run packs them.</summary>
    public const int ManyLooseReferences = 64;

    /// <summary>Objects younger than this are kept even when nothing refers to them: a push under way may be about to.</summary>
    public const string PruneAge = "30.minutes.ago";

    private static readonly EnumerationOptions Deep = new() { RecurseSubdirectories = true, IgnoreInaccessible = true };

    /// <summary>Packs references and objects where that pays (heuristical, the default) or always (eager).</summary>
    public async Task<OptimizeRepositoryResponse> OptimizeAsync(OptimizeRepositoryRequest request, ServerCallContext call)
    {
        if (request.Strategy is not (Strategy.Unspecified or Strategy.Heuristical or Strategy.Eager))
        {
            throw new GrpcException(GrpcStatusCode.InvalidArgument, $"unsupported optimization strategy {(int)request.Strategy}");
        }

        var cancellationToken = call.CancellationToken;
        var repository = storages.Find(request.Repository);
        var eager = request.Strategy == Strategy.Eager;
        using var held = await locks.EnterAsync(repository, LockKind.Maintenance, cancellationToken);
        if (eager || CountLooseReferences(repository) >= ManyLooseReferences)
        {
            await repository.Git.CaptureAsync(repository.Command("pack-refs", "--all", "--prune"), cancellationToken);
        }

        if (eager || NeedsRepack(repository))
        {
            // -A keeps what nothing refers to as loose objects: pruning is another call's work, with an age limit.
            await repository.Git.CaptureAsync(repository.Command("repack", "-A", "-d", "-l", "--quiet", "--write-bitmap-index"), cancellationToken);
            await repository.Git.CaptureAsync(repository.Command("commit-graph", "write", "--reachable", "--split", "--changed-paths", "--no-progress"), cancellationToken);
        }

        return new OptimizeRepositoryResponse();
    }

    /// <summary>Removes objects that nothing refers to and that are older than <see cref="PruneAge"/>.</summary>
    public async Task<PruneUnreachableObjectsResponse> PruneAsync(PruneUnreachableObjectsRequest request, ServerCallContext call)
    {
        var repository = storages.Find(request.Repository);
        using var held = await locks.EnterAsync(repository, LockKind.Maintenance, call.CancellationToken);
        await repository.Git.CaptureAsync(repository.Command("prune", "--expire", PruneAge), call.CancellationToken);
        return new PruneUnreachableObjectsResponse();
    }

    private static int CountLooseReferences(RepositoryFolder repository) =>
        Directory.EnumerateFiles(Path.Combine(repository.FullPath, "refs"), "*", Deep).Take(ManyLooseReferences).Count();

    private static bool NeedsRepack(RepositoryFolder repository)
    {
        var objects = Path.Combine(repository.FullPath, "objects");
        var packs = Path.Combine(objects, "pack");
        if (Directory.Exists(packs) && Directory.EnumerateFiles(packs, "*.pack").Take(ManyPacks).Count() >= ManyPacks)
        {
            return true;
        }

        // Object ids are evenly spread, so one of the 256 folders tells how many there are in all.
        var sample = Path.Combine(objects, "17");
        return Directory.Exists(sample) && Directory.EnumerateFiles(sample).Count() > ManyLooseObjects / 256;
    }
}

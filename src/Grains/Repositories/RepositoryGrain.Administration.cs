using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Praefect.Grains.Assignment;
using Praefect.Grains.Nodes;
using Praefect.Grains.Replicas;
using Praefect.Grains.Routing;
using Praefect.Grains.Verification;

namespace Praefect.Grains.Repositories;

/// <content>What operators ask for. Each is one decision on the record, durable before the answer.</content>
public sealed partial class RepositoryGrain
{
    private static readonly TimeSpan DiskTimeout = TimeSpan.FromSeconds(10);

    /// <inheritdoc/>
    public async Task<ImmutableArray<string>> SetReplicationFactorAsync(int replicationFactor, CancellationToken cancellationToken)
    {
        ThrowIfFailed();
        var configured = KnownView($"virtual storage \"{_key.VirtualStorage}\" not found").Configured;
        _record = AssignmentRules.WithReplicationFactor(_record, _key, configured, replicationFactor, _random);
        var assigned = _record.Assigned(configured);
        LogAssigned(_key, string.Join(", ", assigned));
        await StoredAsync(_writer.WriteAsync());
        StartRepairs();
        return assigned.Sort(StringComparer.Ordinal);
    }

    /// <inheritdoc/>
    public async Task SetAuthoritativeStorageAsync(string storage, CancellationToken cancellationToken)
    {
        ThrowIfFailed();
        if (!KnownView($"unknown virtual storage: \"{_key.VirtualStorage}\"").Configured.Contains(storage, StringComparer.Ordinal))
            throw new RouteException(RouteFailure.StorageNotFound, $"unknown authoritative storage: \"{storage}\"");
        if (!_record.Exists())
            throw new RouteException(RouteFailure.RepositoryNotFound, "repository does not exist on virtual storage");
        _record = AuthorityRules.WithAuthority(_record, storage);
        LogAuthority(_key, storage, _record.Generation);
        Progressed();
        await StoredAsync(_writer.WriteAsync());
        StartRepairs();
    }

    /// <inheritdoc/>
    public async Task<int> MarkUnverifiedAsync(string? storage, CancellationToken cancellationToken)
    {
        ThrowIfFailed();
        if (!_record.Exists())
            return 0;
        (_record, var marked) = VerificationRules.Unverified(_record, storage);
        if (marked > 0)
            await StoredAsync(_writer.WriteAsync());
        return marked;
    }

    /// <inheritdoc/>
    public async Task<TrackedRepository> TrackAsync(TrackRequest request, CancellationToken cancellationToken)
    {
        var view = KnownView($"virtual storage \"{_key.VirtualStorage}\" not found");
        if (!view.Configured.Contains(request.AuthoritativeStorage, StringComparer.Ordinal))
            throw new RouteException(RouteFailure.StorageNotFound, $"node \"{request.AuthoritativeStorage}\" not found");
        ThrowIfTaken("repository is already tracked in praefect database");
        await ThrowUnlessOnDiskAsync(request, cancellationToken);
        ThrowIfTaken("repository is already tracked in praefect database");
        var id = await ReserveIdBeyondAsync(TakenIds.Of(request.ReplicaPath), cancellationToken);
        ThrowIfFailed();
        var (secondaries, assignments) = AssignmentRules.ForFound(view, request.AuthoritativeStorage, _random);
        _record = new RepositoryRecord
        {
            RepositoryId = id,
            VirtualStorage = _key.VirtualStorage,
            RelativePath = _key.RelativePath,
            ReplicaPath = request.ReplicaPath,
            Generation = 0,
            Primary = request.AuthoritativeStorage,
            Replicas = [new ReplicaRecord(request.AuthoritativeStorage, 0, _time.GetUtcNow())],
            Assignments = assignments,
        };
        await StoredAsync(_writer.WriteAsync());
        StartRepairs();
        return new TrackedRepository(id, secondaries);
    }

    // A repository that is created later must not get the id that this one's path was made from: it would get the path, too.
    private async Task<long> ReserveIdBeyondAsync(long taken, CancellationToken cancellationToken)
    {
        _reserving = true;
        try
        {
            if (taken > 0)
                await GrainFactory.GetGrain<IRepositoryIdGrain>(0).RaiseAsync(taken, cancellationToken);
            return await ReserveIdAsync(cancellationToken);
        }
        catch (Exception e) when (e is not RouteException && !cancellationToken.IsCancellationRequested)
        {
            throw StoreUnavailable();
        }
        finally
        {
            _reserving = false;
        }
    }

    private RoutingView KnownView(string unknown) => _directory.Find(_key.VirtualStorage) is { } view
        ? RoutingView.From(view, [])
        : throw new RouteException(RouteFailure.VirtualStorageNotFound, unknown);

    private void ThrowIfTaken(string exists)
    {
        ThrowIfFailed();
        if (_record.Exists())
            throw new RouteException(RouteFailure.RepositoryAlreadyExists, exists);
        if (_reserving || _record.IsBeingCreated())
            throw new RouteException(RouteFailure.CreationUnderWay, "the repository is being created by another call");
    }

    private async Task ThrowUnlessOnDiskAsync(TrackRequest request, CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stopped);
        try
        {
            var node = new NodeKey(_key.VirtualStorage, request.AuthoritativeStorage);
            if (await _gateway.ExistsAsync(node, request.ReplicaPath, ending.Token).WaitAsync(DiskTimeout, _time, ending.Token))
                return;
        }
        catch (Exception e) when (e is NodeException or TimeoutException)
        {
            throw new RouteException(RouteFailure.NodeUnreachable, $"storage \"{request.AuthoritativeStorage}\" could not be asked for the repository: {e.Message}");
        }
        finally
        {
            await ending.CancelAsync();
        }

        throw new RouteException(
            RouteFailure.RepositoryNotOnDisk, "attempting to track repository in praefect database: authoritative repository does not exist");
    }

    [LoggerMessage(LogLevel.Information, "{Repository} is to be on {Storages}")]
    private partial void LogAssigned(RepositoryKey repository, string storages);

    [LoggerMessage(LogLevel.Warning, "{Repository}: the replica on {Storage} was made authoritative by an operator, generation {Generation}")]
    private partial void LogAuthority(RepositoryKey repository, string storage, long generation);
}

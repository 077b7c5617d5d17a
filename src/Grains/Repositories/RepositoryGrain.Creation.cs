using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Praefect.Grains.Nodes;
using Praefect.Grains.Replicas;
using Praefect.Grains.Routing;
using Praefect.Grains.Transactions;

namespace Praefect.Grains.Repositories;

/// <content>Creation: the record exists from its beginning, but for nobody outside before its end.</content>
public sealed partial class RepositoryGrain
{
    private static readonly TimeSpan LeftoverTimeout = TimeSpan.FromSeconds(10);
    private Task _leftovers = Task.CompletedTask;
    private bool _reserving;

    // The creation that is being opened, for those who ask for it again.
    private (ulong TransactionId, Task<MutatorRoute> Route)? _creating;

    /// <inheritdoc/>
    public async Task<MutatorRoute> BeginCreationAsync(CreationRequest request, CancellationToken cancellationToken)
    {
        await WaitUntilOpenAsync(cancellationToken);
        if (_record.Exists() && request.Upsert)
            return await BeginMutatorAsync(new MutatorRequest(request.TransactionId, request.Method, request.Votes, request.Avoid), cancellationToken);
        if (_writes.TryGetValue(request.TransactionId, out var again))
            return await ReadyAsync(again);
        if (_creating is { } running && running.TransactionId == request.TransactionId)
            return await running.Route.WaitAsync(cancellationToken);
        ThrowIfClosed();
        var view = RoutingView.From(_directory.Find(_key.VirtualStorage), request.Avoid);
        var placement = request.Beside is { } beside ? CreationRules.Beside(view, beside) : CreationRules.Free(view, _random);
        if (_record.Exists())
            throw new RouteException(RouteFailure.RepositoryAlreadyExists, "reserve repository id: repository already exists");
        if (_reserving || _record.IsBeingCreated())
            throw new RouteException(RouteFailure.CreationUnderWay, "the repository is being created by another call");
        var route = CreateAsync(placement, request, cancellationToken);
        _creating = (request.TransactionId, route);
        try
        {
            return await route;
        }
        finally
        {
            _creating = null;
        }
    }

    private async Task<MutatorRoute> CreateAsync(CreationPlacement placement, CreationRequest request, CancellationToken cancellationToken) =>
        await OpenCreationAsync(await ReserveIdAsync(cancellationToken), placement, request);

    private async Task<long> ReserveIdAsync(CancellationToken cancellationToken)
    {
        _reserving = true;
        try
        {
            return await GrainFactory.GetGrain<IRepositoryIdGrain>(0).ReserveAsync(cancellationToken);
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw StoreUnavailable();
        }
        finally
        {
            _reserving = false;
        }
    }

    private async Task<MutatorRoute> OpenCreationAsync(long id, CreationPlacement placement, CreationRequest request)
    {
        ThrowIfFailed();
        // A call that does not vote goes to the primary alone; the others get their copy afterwards.
        var (secondaries, targets) = request.Votes
            ? (placement.Secondaries, placement.Targets)
            : ([], placement.Secondaries.AddRange(placement.Targets));
        var route = new MutatorRoute(
            request.TransactionId, ReplicaPaths.For(id, _key.RelativePath), placement.Primary, secondaries, targets, Creates: true);
        _decisions.Add(_time.GetUtcNow(), request.Method, route);
        _record = new RepositoryRecord
        {
            RepositoryId = id,
            VirtualStorage = _key.VirtualStorage,
            RelativePath = _key.RelativePath,
            ReplicaPath = route.ReplicaPath,
            Primary = route.Primary,
            Assignments = placement.Assignments,
        };
        return await ReadyAsync(Open(route, request.Votes));
    }

    private async Task<FinishResult> FinishCreationAsync(WriteSession session, WriteFacts facts)
    {
        var verdict = WriteRules.Decide(facts);
        // A primary that failed without committing has no repository, whatever it voted.
        var exists = verdict.Dirty && (facts.Primary.Outcome.StatusCode == 0 || facts.Primary.State == VoterState.Committed);
        if (WriteRules.IsLost(facts) || !exists)
        {
            var outcome = facts.Primary.Outcome.Broken || session.Voided ? WriteOutcome.InDoubt : WriteOutcome.Unchanged;
            await DropCreationAsync();
            return new FinishResult(outcome, -1, [], []);
        }

        _record = _record.WithoutOpenWrite(session.Route.TransactionId) with
        {
            Generation = 0,
            Replicas = [.. verdict.Updated.Insert(0, session.Route.Primary).Select(s => new ReplicaRecord(s, 0, null))],
        };
        var result = Recorded(verdict);
        await StoredAsync(_writer.WriteAsync());
        StartRepairs();
        return result;
    }

    // Nobody was told of a success, so the repository does not exist. Its path is never used again: leftovers can only take up space. They go only once the
    // record is gone: an activation that does not know that it is over could otherwise record the creation, and tell of it, while its replicas are removed.
    private async Task DropCreationAsync()
    {
        var (path, participants) = (_record.ReplicaPath, _record.OpenWrites.SelectMany(w => w.Participants).Distinct(StringComparer.Ordinal).ToImmutableArray());
        _record = RepositoryRecord.None;
        await StoredAsync(_writer.WriteAsync());
        _leftovers = RemoveLeftoversAsync(path, participants, _leftovers);
    }

    private async Task RemoveLeftoversAsync(string path, ImmutableArray<string> storages, Task before)
    {
        await before;
        await Task.WhenAll(storages.Select(RemoveAsync));

        async Task RemoveAsync(string storage)
        {
            try
            {
                using var timeout = new CancellationTokenSource(LeftoverTimeout, _time);
                await _gateway.RemoveAsync(new NodeKey(_key.VirtualStorage, storage), path, timeout.Token).WaitAsync(timeout.Token);
            }
            catch (Exception e)
            {
                LogLeftover(storage, path, e);
            }
        }
    }

    [LoggerMessage(LogLevel.Information, "{Storage} may keep {Path} of a creation that failed")]
    private partial void LogLeftover(string storage, string path, Exception exception);
}

using System.Collections.Immutable;
using System.Globalization;
using Praefect.Grains.Explain;
using Praefect.Grains.Nodes;
using Praefect.Grains.Replicas;
using Praefect.Grains.Routing;
using Praefect.Grains.Turns;

namespace Praefect.Grains.Repositories;

/// <content>Explaining: what was decided last, and what would be decided now, with reasons.</content>
public sealed partial class RepositoryGrain
{
    private readonly RouteDecisions _decisions = new();

    /// <inheritdoc/>
    public async Task<RepositoryExplanation> ExplainAsync(CancellationToken cancellationToken)
    {
        var snapshot = _directory.Find(_key.VirtualStorage);
        var view = RoutingView.From(snapshot, []);
        var filter = ReadFilter(view);
        var storages = view.Configured.Union(_record.Replicas.Select(r => r.Storage), StringComparer.Ordinal).Union(_record.Leftovers, StringComparer.Ordinal);
        return new RepositoryExplanation(
            await GetMetadataAsync(cancellationToken),
            ReplicaReasons.State(_record, view, IsSettling),
            _record.Exists() ? [.. storages.Order(StringComparer.Ordinal).Select(s => Explain(s, snapshot!, view, filter))] : [],
            [.. _writes.Values.Select(w => Explain(w, "under way")), .. InDoubt()],
            [.. HeldBackBy()],
            _decisions.Tell());
    }

    private ReplicaExplanation Explain(string storage, VirtualStorageView snapshot, RoutingView view, Func<string, bool> mayServe)
    {
        var health = snapshot.Nodes.FirstOrDefault(n => string.Equals(n.Storage, storage, StringComparison.Ordinal));
        return new ReplicaExplanation(
            storage,
            _record.GenerationOf(storage),
            _record.Assigned(view.Configured).Contains(storage, StringComparer.Ordinal),
            health?.Healthy ?? false,
            health?.Reason ?? "the storage is not configured",
            health?.Since,
            ReplicaReasons.Reads(_record, view, storage, mayServe),
            ReplicaReasons.Primary(_record, view, storage),
            RepairOf(storage, view));
    }

    private string RepairOf(string storage, RoutingView view)
    {
        if (_record.Leftovers.Contains(storage, StringComparer.Ordinal))
            return "was given up as surplus; what is on the disk is being removed";
        if (!_record.Assigned(view.Configured).Contains(storage, StringComparer.Ordinal))
            return _record.GenerationOf(storage) >= 0 ? "surplus: removed once all assigned storages are up to date and healthy and no write is open" : string.Empty;
        if (_record.IsUpToDate(storage))
            return string.Empty;
        if (!view.Healthy.Contains(storage))
            return "to be copied when the storage is healthy";
        if (!_repairs.TryGetValue(storage, out var backoff))
            return "to be copied";
        if (backoff.Running)
            return $"is being copied from {backoff.Source}, or waits for its turn on the storage";
        return backoff.NotBefore > _time.GetUtcNow()
            ? string.Create(CultureInfo.InvariantCulture, $"to be copied again at {backoff.NotBefore:O}, after a copy that failed or was overtaken")
            : "to be copied, once a source is up to date and healthy and no write is on the storage";
    }

    private IEnumerable<WriteExplanation> InDoubt()
    {
        foreach (var open in _record.OpenWrites.Where(w => !_writes.ContainsKey(w.TransactionId)))
        {
            yield return _doubts.TryGetValue(open.TransactionId, out var session)
                ? Explain(session, "in doubt")
                : new WriteExplanation(open.TransactionId, "in doubt", open.Participants[0], [.. open.Participants.Select(p => new VoterExplanation(p, "unknown since a restart"))], []);
        }
    }

    private static WriteExplanation Explain(WriteSession session, string state)
    {
        if (session.Voided)
            state += ", lost its primary";
        if (session.CommitAnswered)
            state += ", told to commit";
        return new WriteExplanation(
            session.Route.TransactionId,
            session.Route.Creates ? state + ", creates the repository" : state,
            session.Route.Primary,
            [.. session.Participants.Select(p => new VoterExplanation(p, VoterOf(session, p)))],
            session.Route.Targets);
    }

    private static string VoterOf(WriteSession session, string storage)
    {
        if (session.Votes is not { } votes)
            return "does not vote";
        return votes.StateOf(storage)?.ToString().ToLowerInvariant() ?? "has not voted";
    }

    private IEnumerable<string> HeldBackBy()
    {
        if (_failed)
            yield return "the store did not take the record: the repository is read again";
        if (IsSettling)
            yield return "a write was cut off: the replicas are being compared";
        if (!IsSettling && ClosedBy() is not null)
            yield return "the last, short copy of a replica that writes keep behind";
        if (_writes.Count >= _options.MaxOpenWrites)
            yield return string.Create(CultureInfo.InvariantCulture, $"{_writes.Count} writes are under way, as many as are admitted");
        foreach (var claim in _turns.Claims.Where(c => c.State is TurnState.Held or TurnState.Waiting))
        {
            var keys = claim.IsWhole ? "the whole repository" : string.Join(", ", claim.Keys);
            yield return claim.State == TurnState.Held
                ? string.Create(CultureInfo.InvariantCulture, $"write {claim.TransactionId} has its turn on {keys} since {claim.HeldSince:O}")
                : string.Create(CultureInfo.InvariantCulture, $"write {claim.TransactionId} waits for its turn on {keys} since {claim.Since:O}");
        }
    }

    private T Noted<T>(string call, Func<T> route)
        where T : class
    {
        try
        {
            var decided = route();
            _decisions.Add(_time.GetUtcNow(), call, decided);
            return decided;
        }
        catch (RouteException e)
        {
            _decisions.Add(_time.GetUtcNow(), call, e);
            throw;
        }
    }
}

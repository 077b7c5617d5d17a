using System.Collections.Immutable;
using Praefect.Grains.Nodes;
using Praefect.Grains.Repositories;
using Praefect.Grains.Routing;
using Praefect.Grains.Transactions;

namespace Praefect.Simulation.Machines;

/// <content>Writes: opened, carried to the nodes, voted on, recorded.</content>
internal sealed partial class Gateway
{
    /// <summary>A write on a repository, or its creation.</summary>
    public async Task<Reply> WriteAsync(RepositoryKey key, Change change, CancellationToken cancellationToken)
    {
        var id = ++_last;
        if (change.Kind == ChangeKind.Update && change.Votes)
            cluster.Oracle.Turns.Asked(id, key.ToString(), change.Reference);
        MutatorRoute route;
        try
        {
            route = await BeginAsync(key, id, change);
        }
        catch (Exception e)
        {
            if (e is not RouteException)
                _ = AbandonAsync(key, id);
            return new Reply(ReplyKind.Refused, e is RouteException r ? r.Failure.ToString() : e.Message);
        }

        if (route.Creates || !change.Votes)
            cluster.Oracle.GoesAhead(id, route.ReplicaPath);
        _underWay.Add(id, new UnderWay(key, route.ReplicaPath));
        cluster.World.Trace.Add(Host.Name, $"{id:x}: {change} on {route.ReplicaPath} at {route.Primary} with {string.Join(", ", route.Secondaries)}");
        var (answer, outcomes) = await RunCallsAsync(id, key, route, change, cancellationToken);
        return await FinishAsync(id, key, route, change, answer, outcomes);
    }

    private static Task<MutatorRoute> BeginAsync(IRepositoryGrain grain, ulong id, Change change, CancellationToken cancellationToken) =>
        change.Kind == ChangeKind.Create
            ? grain.BeginCreationAsync(new CreationRequest(id, "/gitaly.Simulation/Create", change.Votes, [], null, Upsert: false), cancellationToken)
            : grain.BeginMutatorAsync(new MutatorRequest(id, "/gitaly.Simulation/Write", change.Votes, []) { Turns = change.Votes ? [change.Reference] : [] }, cancellationToken);

    // Others may be before it; each attempt finds the place in the queue that the one before took.
    private async Task<MutatorRoute> BeginAsync(RepositoryKey key, ulong id, Change change)
    {
        while (true)
        {
            try
            {
                return await GrainAsync(key, (grain, token) => BeginAsync(grain, id, change, token), BeginTimeout, BeginBudget, CancellationToken.None);
            }
            catch (RouteException e) when (e.Failure == RouteFailure.TurnPending)
            {
                await Task.Delay(RetryPause, Host.Time);
            }
        }
    }

    // The answer that was not waited for may have opened the write.
    private async Task AbandonAsync(RepositoryKey key, ulong id)
    {
        try
        {
            await GrainAsync(key, (grain, token) => DoneAsync(grain.AbandonAsync(id, token)), RouteTimeout, RouteTimeout, CancellationToken.None);
        }
        catch (Exception)
        {
            // Its lease ends it.
        }
    }

    private async Task<(NodeAnswer? Primary, ImmutableArray<NodeOutcome> Outcomes)> RunCallsAsync(
        ulong id, RepositoryKey key, MutatorRoute route, Change change, CancellationToken cancellationToken)
    {
        using var cut = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var outcomes = new Dictionary<string, NodeOutcome>();
        var secondaries = Task.WhenAll(route.Secondaries.Select(s => SecondaryAsync(id, key, route, change, s, outcomes, cut.Token)));
        var primary = await NodeAsync(id, key, route, change, route.Primary, outcomes, cut.Token);
        var released = primary is null && change.Votes && !secondaries.IsCompleted ? CancelVoterAsync(id, key, route.Primary, cut.Token) : Task.CompletedTask;
        try
        {
            await secondaries.WaitAsync(primary?.Code == 0 ? GraceAfterPrimarySuccess : GraceAfterPrimaryFailure, Host.Time, cut.Token);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            cut.Cancel();
            await secondaries;
        }

        cut.Cancel();
        await released;
        return (primary, [.. route.Secondaries.Insert(0, route.Primary).Select(s => outcomes[s])]);
    }

    private async Task SecondaryAsync(
        ulong id, RepositoryKey key, MutatorRoute route, Change change, string storage, Dictionary<string, NodeOutcome> outcomes, CancellationToken cut)
    {
        if (await NodeAsync(id, key, route, change, storage, outcomes, cut) is { Code: 0 } || !change.Votes || cut.IsCancellationRequested)
            return;
        await CancelVoterAsync(id, key, storage, cut);
    }

    // Others may be waiting for this node's vote.
    private async Task CancelVoterAsync(ulong id, RepositoryKey key, string storage, CancellationToken cut)
    {
        try
        {
            await GrainAsync(
                key, (grain, token) => DoneAsync(grain.CancelVoterAsync(id, storage, token)), RouteTimeout, BeginBudget, cut);
        }
        catch (Exception)
        {
            // They wait until their own calls end.
        }
    }

    private async Task<NodeAnswer?> NodeAsync(
        ulong id, RepositoryKey key, MutatorRoute route, Change change, string storage, Dictionary<string, NodeOutcome> outcomes, CancellationToken cut)
    {
        var node = cluster.Nodes[storage];
        var process = node.Host;
        try
        {
            var answer = await cluster.Network.CallAsync(
                Host,
                process,
                token => node.WriteAsync(
                    route.ReplicaPath,
                    change,
                    storage == route.Primary,
                    (voter, vote, phase, voting) => cluster.Network.CallAsync(process, Host, t => CountAsync(id, voter, vote, phase, t), voting),
                    () => cluster.Network.CallAsync(process, Host, t => StopAsync(id, key, t), token),
                    token),
                cut);
            outcomes[storage] = new NodeOutcome(storage, answer.Code, answer.Message, Broken: false);
            return answer;
        }
        catch (Exception e)
        {
            outcomes[storage] = new NodeOutcome(storage, 14, e.Message, Broken: true);
            return null;
        }
    }

    private async Task<Reply> FinishAsync(
        ulong id, RepositoryKey key, MutatorRoute route, Change change, NodeAnswer? primary, ImmutableArray<NodeOutcome> outcomes)
    {
        try
        {
            var result = await GrainAsync(
                key,
                (grain, token) => grain.FinishAsync(id, outcomes, token),
                FinishAttemptTimeout,
                FinishTimeout,
                CancellationToken.None,
                (silo, told) => cluster.Oracle.Votes.Finished(id, silo.Host, route.ReplicaPath, told));
            cluster.World.Trace.Add(Host.Name, $"{id:x}: {change.Value} {result.Outcome}, generation {result.Generation}, primary: {primary?.Message ?? "broken"}");
            if (result.Outcome == WriteOutcome.InDoubt || primary is null)
                return new Reply(ReplyKind.Unknown, "in doubt");
            if (primary.Code != 0)
                return new Reply(ReplyKind.Failed, primary.Message);
            cluster.Oracle.Acknowledge(route.ReplicaPath, change);
            return new Reply(ReplyKind.Ok, string.Empty);
        }
        catch (Exception e)
        {
            return new Reply(ReplyKind.Unknown, e.Message);
        }
        finally
        {
            _underWay.Remove(id);
        }
    }

    // As often as the decision takes; a vote that was lost with a silo is handed on again under the same number.
    private async Task<VoteResult> CountAsync(ulong id, string storage, Vote vote, VotePhase phase, CancellationToken cancellationToken)
    {
        if (!_underWay.TryGetValue(id, out var write))
            throw new NodeException("transaction not found");
        var ballot = new Ballot(id, storage, vote, phase, write.NextVote(storage));
        while (true)
        {
            var result = await GrainAsync(
                write.Key,
                (grain, token) => grain.VoteAsync(ballot, token),
                VoteAttemptTimeout,
                BeginBudget,
                cancellationToken,
                (_, told) => Note(ballot, write.Path, told.Answer)).WaitAsync(write.Lost.Token);
            if (result.Answer != VoteAnswer.Pending)
                return result;
        }
    }

    private void Note(Ballot ballot, string path, VoteAnswer answer)
    {
        if (answer == VoteAnswer.Commit)
            cluster.Oracle.GoesAhead(ballot.TransactionId, path);
        if (ballot.Number == 1)
            cluster.Oracle.Votes.Answered(ballot.TransactionId, ballot.Storage, answer);
    }

    private async Task<bool> StopAsync(ulong id, RepositoryKey key, CancellationToken cancellationToken) =>
        await GrainAsync(key, async (grain, token) => await DoneAsync(grain.StopAsync(id, token)), RouteTimeout, RouteTimeout, cancellationToken);
}

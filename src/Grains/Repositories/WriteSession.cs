using System.Collections.Immutable;
using Praefect.Grains.Routing;
using Praefect.Grains.Transactions;
using Praefect.Grains.Turns;

namespace Praefect.Grains.Repositories;

/// <summary>A write that is under way.</summary>
internal sealed class WriteSession(MutatorRoute route, Transaction? votes)
{
    private readonly Dictionary<(string Storage, int Number), (Subtransaction? Round, VoteResult? Answer)> _cast = [];

    /// <summary>Where it went.</summary>
    public MutatorRoute Route { get; } = route;

    /// <summary>Its votes; null for a call that does not vote.</summary>
    public Transaction? Votes { get; } = votes;

    /// <summary>Storages that it may change.</summary>
    public ImmutableArray<string> Participants { get; } = [route.Primary, .. route.Secondaries];

    /// <summary>Ends when the record that names this write as under way is durable.</summary>
    public Task Intent { get; set; } = Task.CompletedTask;

    /// <summary>A node was told to go ahead.</summary>
    public bool CommitAnswered { get; set; }

    /// <summary>Until when its gateway is taken to be alive (UTC).</summary>
    public DateTimeOffset LeaseUntil { get; set; }

    /// <summary>Its claim to a turn; null: it takes none, or none yet.</summary>
    public TurnClaim? Turn { get; set; }

    /// <summary>The repository was removed under it.</summary>
    public bool Removed { get; set; }

    /// <summary>A settlement made another node primary before this write was told to go ahead, or its turn was taken from it: it never will be.</summary>
    public bool Voided { get; set; }

    /// <summary>Its primary failed where others did not: its word on what is in the repository counts no more than theirs.</summary>
    public bool PrimaryFailed { get; set; }

    /// <summary>A node may have changed something: voting nodes change nothing before they are told to go ahead, others may at any time.</summary>
    public bool MayHaveChanged => !Removed && (Votes is null || CommitAnswered);

    /// <summary>Whether a storage's replica has all that was agreed in this write, as far as it got.</summary>
    public bool HasAllAgreed(string storage) => !CommitAnswered || Votes is null || Votes.CommittedEverything(storage);

    /// <summary>Takes a vote, once, however often it is handed on.</summary>
    /// <returns>The round to wait for, or an answer at once.</returns>
    public (Subtransaction? Round, VoteResult? Answer) Cast(Ballot ballot)
    {
        var which = (ballot.Storage, ballot.Number);
        if (!_cast.TryGetValue(which, out var taken))
            _cast.Add(which, taken = Votes!.Cast(ballot.Storage, ballot.Vote, ballot.Phase));
        return taken;
    }

    /// <summary>
    /// The call succeeded on another primary than this activation chose: another activation of the repository routed the write and counted its votes, and a late
    /// attempt to open it came here. That success would look like a secondary's, and the write as if it had changed nothing.
    /// </summary>
    /// <param name="outcomes">The primary's first; none where the gateway has called nobody.</param>
    public bool RanElsewhere(ImmutableArray<NodeOutcome> outcomes) =>
        outcomes is [{ Broken: false, StatusCode: 0 } primary, ..] && !string.Equals(primary.Storage, Route.Primary, StringComparison.Ordinal);

    /// <summary>What decides who is up to date. A node without an entry counts as broken.</summary>
    public WriteFacts Facts(ImmutableArray<NodeOutcome> outcomes) => new(
        Votes is not null,
        Votes?.Rounds ?? 0,
        Votes?.DidVote(Route.Primary) ?? false,
        CommitAnswered,
        Votes?.Stopped ?? false,
        Votes?.FailedAny(Route.Primary) ?? false,
        NodeFacts(Route.Primary, outcomes),
        [.. Route.Secondaries.Select(s => NodeFacts(s, outcomes))],
        Route.Targets);

    private NodeFacts NodeFacts(string storage, ImmutableArray<NodeOutcome> outcomes) => new(
        outcomes.FirstOrDefault(o => string.Equals(o.Storage, storage, StringComparison.Ordinal)) ?? new NodeOutcome(storage, 0, string.Empty, Broken: true),
        Votes?.StateOf(storage));
}

using System.Collections.Immutable;
using Praefect.Grains.Transactions;
using Praefect.Simulation.Engine;

namespace Praefect.Simulation.Checks;

/// <summary>
/// Between an agreed vote and the record of its write, no read may go to a replica that was told that it disagrees. Looked at when the write is recorded: only then
/// it is sure that the activation that routed the reads knew of the votes all the time.
/// </summary>
internal sealed class AgreedVotes(World world)
{
    private readonly Dictionary<ulong, Votes> _writes = [];
    private readonly List<Read> _reads = [];
    private long _now;

    /// <summary>A silo is about to route a read.</summary>
    /// <returns>When, for <see cref="Routed"/>.</returns>
    public long Begin() => ++_now;

    /// <summary>It has.</summary>
    public void Routed(Host silo, string path, ImmutableArray<string> storages, long began) => _reads.Add(new Read(silo, path, storages, began));

    /// <summary>A silo answered a node's first vote on a write.</summary>
    public void Answered(ulong id, string storage, VoteAnswer answer)
    {
        if (!_writes.TryGetValue(id, out var votes))
            _writes.Add(id, votes = new Votes());
        if (answer == VoteAnswer.Commit && votes.Agreed is null)
            votes.Agreed = ++_now;
        else if (answer == VoteAnswer.Abort)
            votes.Against.Add(storage);
    }

    /// <summary>A silo told what became of a write.</summary>
    public void Finished(ulong id, Host silo, string path, FinishResult result)
    {
        if (!_writes.Remove(id, out var votes) || votes.Agreed is not { } agreed || result.Outcome != WriteOutcome.Recorded)
            return;
        foreach (var read in _reads.Where(r => r.Silo == silo && r.Path == path && r.Began > agreed))
        {
            if (read.Storages.FirstOrDefault(votes.Against.Contains) is { } wrong)
                world.Fail($"{silo.Name} routed a read of {path} to {wrong}, which had disagreed with {id:x} after others had been told to go ahead");
        }

        // Writes of one repository that run side by side are few; reads that are older than all of them need no look any more.
        if (_writes.Values.All(w => w.Agreed is null))
            _reads.Clear();
    }

    private sealed record Read(Host Silo, string Path, ImmutableArray<string> Storages, long Began);

    private sealed class Votes
    {
        public long? Agreed { get; set; }

        public HashSet<string> Against { get; } = [];
    }
}

using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Security.Cryptography;
using Praefect.Grains.Repositories;

namespace Praefect.Gateway.Coordination;

/// <summary>
/// The writes under way in this gateway: nodes vote by transaction id alone, and this says which repository is meant. Ids are unique over all gateways and
/// their restarts: 32 random bits of this instance, then a counter.
/// </summary>
internal sealed class TransactionDirectory
{
    private readonly ConcurrentDictionary<ulong, Entry> _underWay = new();
    private readonly ulong _instance;
    private uint _last;

    public TransactionDirectory()
        : this(BinaryPrimitives.ReadUInt32LittleEndian(RandomNumberGenerator.GetBytes(4)))
    {
    }

    internal TransactionDirectory(uint instance) => _instance = (ulong)instance << 32;

    /// <summary>How many writes are under way.</summary>
    public int Count => _underWay.Count;

    /// <summary>A new id.</summary>
    public ulong NextId() => _instance | Interlocked.Increment(ref _last);

    /// <summary>A write was opened.</summary>
    /// <param name="id">Its transaction.</param>
    /// <param name="key">The repository.</param>
    /// <param name="votes">Whether its nodes vote.</param>
    public void Add(ulong id, RepositoryKey key, bool votes) => _underWay[id] = new Entry(key) { Voting = votes };

    /// <summary>The calls to its nodes are over: whoever votes from here on is late.</summary>
    public void EndVoting(ulong id)
    {
        if (_underWay.TryGetValue(id, out var entry))
            entry.Voting = false;
    }

    /// <summary>Whether nodes may vote in the write now, so that its grain must know it.</summary>
    public bool IsVoting(ulong id) => _underWay.TryGetValue(id, out var entry) && entry.Voting;

    /// <summary>The write has ended.</summary>
    /// <returns>How many times its nodes voted: the count of the one that voted most.</returns>
    public int Remove(ulong id) => _underWay.TryRemove(id, out var entry) ? entry.Rounds : 0;

    /// <summary>Whether the write is under way; <paramref name="lost"/> fires when its grain turns out to have forgotten it.</summary>
    public bool TryFind(ulong id, out RepositoryKey key, out CancellationToken lost)
    {
        var found = _underWay.TryGetValue(id, out var entry);
        (key, lost) = found ? (entry!.Key, entry.Lost.Token) : default;
        return found;
    }

    /// <summary>Which of a node's votes in a write the next one is, from 1 on.</summary>
    public int NextVote(ulong id, string storage) =>
        _underWay.TryGetValue(id, out var entry) ? entry.Votes.AddOrUpdate(storage, 1, static (_, last) => last + 1) : 1;

    /// <summary>The grain has forgotten the write, for its silo died: whoever waits for a vote in it waits no more.</summary>
    public Task MarkLostAsync(ulong id) => _underWay.TryGetValue(id, out var entry) ? entry.Lost.CancelAsync() : Task.CompletedTask;

    /// <summary>All writes under way, by repository.</summary>
    public IReadOnlyList<(RepositoryKey Key, ImmutableArray<ulong> Ids)> ByRepository() =>
        [.. _underWay.GroupBy(t => t.Value.Key, t => t.Key).Select(g => (g.Key, g.ToImmutableArray()))];

    // Without a timer and without a wait handle, a source of cancellation has nothing to dispose of.
    private sealed record Entry(RepositoryKey Key)
    {
        private volatile bool _voting;

        public bool Voting
        {
            get => _voting;
            set => _voting = value;
        }

        public CancellationTokenSource Lost { get; } = new();

        public ConcurrentDictionary<string, int> Votes { get; } = new(concurrencyLevel: 1, capacity: 4, StringComparer.Ordinal);

        public int Rounds => Votes.Values.DefaultIfEmpty().Max();
    }
}

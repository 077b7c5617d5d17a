using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Security.Cryptography;
using Praefect.Grains.Repositories;

namespace Praefect.Gateway.Mutators;

/// <summary>
/// The writes under way in this gateway: nodes vote by transaction id alone, and this says which repository is meant. Ids are unique over all gateways and
/// their restarts: 32 random bits of this instance, then a counter.
/// </summary>
internal sealed class TransactionDirectory
{
    private readonly ConcurrentDictionary<ulong, RepositoryKey> _underWay = new();
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

    public void Add(ulong id, RepositoryKey key) => _underWay[id] = key;

    public void Remove(ulong id) => _underWay.TryRemove(id, out _);

    public bool TryFind(ulong id, out RepositoryKey key) => _underWay.TryGetValue(id, out key);

    /// <summary>All writes under way, by repository.</summary>
    public IReadOnlyList<(RepositoryKey Key, ImmutableArray<ulong> Ids)> ByRepository() =>
        [.. _underWay.GroupBy(t => t.Value, t => t.Key).Select(g => (g.Key, g.ToImmutableArray()))];
}

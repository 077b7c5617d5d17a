using System.Collections.Immutable;

namespace Praefect.Grains.Turns;

/// <summary>
/// The turns of one repository's writes. A claim enters the queues of all its keys in one step and is granted when it is first in all of them, so claims with a
/// key in common are granted in the order in which they came, and no two can wait for each other. A claim to the whole repository waits for everything before it
/// and keeps everything after it waiting. Not thread-safe: its owner runs one turn at a time.
/// </summary>
internal sealed class WriteTurns(ulong activation, int maxWaiting)
{
    private readonly Dictionary<ulong, TurnClaim> _claims = [];
    private readonly Dictionary<string, LinkedList<TurnClaim>> _queues = new(StringComparer.Ordinal);
    private readonly LinkedList<TurnClaim> _all = [];
    private readonly LinkedList<TurnClaim> _whole = [];
    private long _last;
    private int _waiting;

    /// <summary>Nobody holds a turn or waits for one.</summary>
    public bool IsEmpty => _claims.Count == 0;

    /// <summary>How many claims wait.</summary>
    public int Waiting => _waiting;

    /// <summary>All claims that wait or are held, in the order in which they came.</summary>
    public IEnumerable<TurnClaim> Claims => _all;

    /// <summary>Enters a write, or finds the claim that it has.</summary>
    /// <returns>The claim, held or waiting; null when it would wait and as many as may do so already.</returns>
    public TurnClaim? Claim(ulong transactionId, ImmutableArray<string> keys, DateTimeOffset now)
    {
        if (_claims.TryGetValue(transactionId, out var known))
        {
            known.HeardAt = now;
            return known;
        }

        var claim = new TurnClaim(transactionId, [.. keys.Distinct(StringComparer.Ordinal)], new TurnToken(activation, _last + 1), now);
        if (_waiting >= maxWaiting && !WouldBeNext(claim))
            return null;
        _last++;
        Enter(claim);
        if (IsNext(claim))
            claim.Hold(now);
        else
            _waiting++;
        return claim;
    }

    /// <summary>The gateway of a write is alive.</summary>
    public void Heard(ulong transactionId, DateTimeOffset now)
    {
        if (_claims.TryGetValue(transactionId, out var claim))
            claim.HeardAt = now;
    }

    /// <summary>Ends a write's claim, and grants what waited for it. Nothing for a write without one.</summary>
    public void Release(ulong transactionId, DateTimeOffset now)
    {
        if (_claims.TryGetValue(transactionId, out var claim))
            End(claim, TurnState.Released, now);
    }

    /// <summary>Ends all claims and grants none.</summary>
    public void Clear()
    {
        foreach (var claim in _claims.Values)
            claim.End(TurnState.Released);
        _claims.Clear();
        _queues.Clear();
        _all.Clear();
        _whole.Clear();
        _waiting = 0;
    }

    /// <summary>Takes turns from those who are gone or too slow.</summary>
    /// <param name="now">The time.</param>
    /// <param name="lease">How long a gateway may be silent.</param>
    /// <param name="hold">How long a turn may be held while others wait for it.</param>
    /// <returns>The turns that were taken away; claims that only waited are not among them.</returns>
    public ImmutableArray<TurnClaim> Expire(DateTimeOffset now, TimeSpan lease, TimeSpan hold)
    {
        // Those who wait first, so that no turn goes to somebody who is gone, too.
        foreach (var claim in _all.Where(c => c.State == TurnState.Waiting && IsSilent(c)).ToArray())
            End(claim, TurnState.Lost, now);
        var taken = _all.Where(c => c.State == TurnState.Held && IsOver(c)).ToImmutableArray();
        foreach (var claim in taken)
            End(claim, IsSilent(claim) ? TurnState.Lost : TurnState.Passed, now);
        return taken;

        bool IsSilent(TurnClaim claim) => now - claim.HeardAt >= lease;

        bool IsOver(TurnClaim claim) =>
            WaitedForSince(claim) is { } since && (IsSilent(claim) || now - (since > claim.HeldSince ? since : claim.HeldSince) >= hold);
    }

    private void Enter(TurnClaim claim)
    {
        _claims.Add(claim.TransactionId, claim);
        _all.AddLast(claim);
        if (claim.IsWhole)
            _whole.AddLast(claim);
        foreach (var key in claim.Keys)
        {
            if (!_queues.TryGetValue(key, out var queue))
                _queues.Add(key, queue = []);
            queue.AddLast(claim);
        }
    }

    private void End(TurnClaim claim, TurnState state, DateTimeOffset now)
    {
        if (claim.State == TurnState.Waiting)
            _waiting--;
        claim.End(state);
        Leave(claim);
        if (claim.IsWhole)
        {
            foreach (var other in _all)
                HoldIfNext(other, now);
            return;
        }

        foreach (var key in claim.Keys)
        {
            if (_queues.TryGetValue(key, out var queue))
                HoldIfNext(queue.First!.Value, now);
        }

        if (_whole.First is { } whole)
            HoldIfNext(whole.Value, now);
    }

    private void Leave(TurnClaim claim)
    {
        _claims.Remove(claim.TransactionId);
        _all.Remove(claim);
        if (claim.IsWhole)
            _whole.Remove(claim);
        foreach (var key in claim.Keys)
        {
            var queue = _queues[key];
            queue.Remove(claim);
            if (queue.Count == 0)
                _queues.Remove(key);
        }
    }

    private void HoldIfNext(TurnClaim claim, DateTimeOffset now)
    {
        if (claim.State != TurnState.Waiting || !IsNext(claim))
            return;
        _waiting--;
        claim.Hold(now);
    }

    private bool IsNext(TurnClaim claim)
    {
        return claim.IsWhole
            ? ReferenceEquals(_all.First!.Value, claim)
            : !IsBehindWhole(claim) && claim.Keys.All(k => ReferenceEquals(_queues[k].First!.Value, claim));
    }

    private bool WouldBeNext(TurnClaim claim) => claim.IsWhole ? _all.Count == 0 : _whole.Count == 0 && !claim.Keys.Any(_queues.ContainsKey);

    private bool IsBehindWhole(TurnClaim claim) => _whole.First is { } first && first.Value.Token.Sequence < claim.Token.Sequence;

    // Who waits longest for this held turn, of those right behind it.
    private DateTimeOffset? WaitedForSince(TurnClaim claim)
    {
        if (claim.IsWhole)
            return _all.First!.Next?.Value.Since;
        var behind = claim.Keys.Select(k => _queues[k].First!.Next?.Value.Since).Append(_whole.First?.Value.Since);
        return behind.Where(s => s is not null).Min();
    }
}

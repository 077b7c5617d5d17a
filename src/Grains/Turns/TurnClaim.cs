using System.Collections.Immutable;

namespace Praefect.Grains.Turns;

/// <summary>One write's claim to a turn on all of its keys at once.</summary>
internal sealed class TurnClaim(ulong transactionId, ImmutableArray<string> keys, TurnToken token, DateTimeOffset now)
{
    // Not TaskCreationOptions.None: whoever waits goes on in a turn of its own, when the queues are consistent again.
    private readonly TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The write.</summary>
    public ulong TransactionId { get; } = transactionId;

    /// <summary>Distinct, at least one.</summary>
    public ImmutableArray<string> Keys { get; } = keys;

    /// <summary>Its place in the order.</summary>
    public TurnToken Token { get; } = token;

    /// <summary>It conflicts with every other claim.</summary>
    public bool IsWhole { get; } = keys.Contains(TurnKeys.WholeRepository, StringComparer.Ordinal);

    /// <summary>Where it stands.</summary>
    public TurnState State { get; private set; } = TurnState.Waiting;

    /// <summary>Since when it waits, or waited (UTC).</summary>
    public DateTimeOffset Since { get; } = now;

    /// <summary>Since when it is held (UTC).</summary>
    public DateTimeOffset HeldSince { get; private set; } = now;

    /// <summary>When its gateway was last heard of (UTC).</summary>
    public DateTimeOffset HeardAt { get; set; } = now;

    /// <summary>Ends when it waits no longer, for whatever reason.</summary>
    public Task Changed => _changed.Task;

    /// <summary>Its turn has come.</summary>
    public void Hold(DateTimeOffset now)
    {
        HeldSince = now;
        Become(TurnState.Held);
    }

    /// <summary>It is over.</summary>
    public void End(TurnState state) => Become(state);

    private void Become(TurnState state)
    {
        State = state;
        _changed.TrySetResult();
    }
}

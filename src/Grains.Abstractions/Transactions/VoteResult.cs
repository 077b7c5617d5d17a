namespace Praefect.Grains.Transactions;

/// <summary>How a vote ended for the node that cast it.</summary>
public enum VoteAnswer
{
    /// <summary>Go ahead.</summary>
    Commit,

    /// <summary>No agreement on this vote: undo.</summary>
    Abort,

    /// <summary>The transaction was stopped: end without an error.</summary>
    Stop,

    /// <summary>No such transaction (gRPC NotFound).</summary>
    NotFound,

    /// <summary>The transaction or this voter was cancelled (gRPC Canceled).</summary>
    Canceled,

    /// <summary>A vote that cannot be: unknown node, or a second one while the first is pending (gRPC Internal).</summary>
    Invalid,

    /// <summary>Not decided yet: the caller asks again with the same ballot.</summary>
    Pending,
}

/// <summary>The answer to a vote.</summary>
/// <param name="Answer">How it ended.</param>
/// <param name="Message">The facts, for the status message and the log; empty on <see cref="VoteAnswer.Commit"/>.</param>
[GenerateSerializer, Immutable]
public sealed record VoteResult([property: Id(0)] VoteAnswer Answer, [property: Id(1)] string Message)
{
    /// <summary>Go ahead.</summary>
    public static VoteResult Commit { get; } = new(VoteAnswer.Commit, string.Empty);

    /// <summary>Ask again.</summary>
    public static VoteResult Pending { get; } = new(VoteAnswer.Pending, string.Empty);
}

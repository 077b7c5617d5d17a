namespace Praefect.Grains.Transactions;

/// <summary>Where a voter of one subtransaction stands. All but <see cref="Undecided"/> are final.</summary>
internal enum VoterState
{
    /// <summary>Has not voted, or waits for the others.</summary>
    Undecided,

    /// <summary>Voted with the quorum.</summary>
    Committed,

    /// <summary>Voted, but not with a quorum.</summary>
    Failed,

    /// <summary>Votes no more: its call failed, or it stopped waiting.</summary>
    Canceled,

    /// <summary>The transaction was stopped before it was decided.</summary>
    Stopped,
}

namespace Praefect.Grains.Transactions;

/// <summary>At which point of its change a node votes. Numbers as in <c>VoteTransactionRequest.Phase</c>; values not named here are let through.</summary>
public enum VotePhase
{
    /// <summary>Nodes that do not say.</summary>
    Unknown = 0,

    /// <summary>References are locked, nothing is visible yet.</summary>
    Prepared = 1,

    /// <summary>The change is visible on the node.</summary>
    Committed = 2,

    /// <summary>Nodes compare notes; nothing changes.</summary>
    Synchronized = 3,

    /// <summary>Nothing is locked yet (Gitaly 19.1 and later).</summary>
    Preparing = 4,
}

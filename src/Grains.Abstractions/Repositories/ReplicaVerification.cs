namespace Praefect.Grains.Repositories;

/// <summary>What came of the verification of a replica.</summary>
public enum ReplicaVerification
{
    /// <summary>The node has it; the time is recorded.</summary>
    Valid,

    /// <summary>The node does not have it. The replica is off the record, or, where records are not to be deleted, only logged.</summary>
    Invalid,

    /// <summary>The node gave no answer; nothing is recorded.</summary>
    Error,

    /// <summary>There is nothing to verify: no such replica is on record, or it changed while the node was asked.</summary>
    Overtaken,
}

namespace Praefect.Cluster.Histories;

/// <summary>What a client did to a reference.</summary>
internal enum OperationKind
{
    /// <summary>Looked at its value.</summary>
    Read,

    /// <summary>Set it, whatever it was.</summary>
    Write,

    /// <summary>Set it if it was what was expected.</summary>
    Swap,
}

/// <summary>What a client knows of an operation once it is over.</summary>
internal enum OperationResult
{
    /// <summary>It took place.</summary>
    Done,

    /// <summary>A swap that was told that the value was another one: nothing changed.</summary>
    Differed,

    /// <summary>It took effect at some time after its start, or never.</summary>
    Unknown,
}

/// <summary>One operation on one reference. What was refused before anything happened is in no history.</summary>
/// <param name="Who">The client, for messages.</param>
/// <param name="Kind">What was done.</param>
/// <param name="Expected">What a swap expected; null: that there is no reference.</param>
/// <param name="Value">What was read or written; null: there is no reference, or it was deleted.</param>
/// <param name="Result">What is known of it.</param>
/// <param name="Started">Time stamp before the request was sent.</param>
/// <param name="Ended">Time stamp after the answer came.</param>
internal sealed record Operation(string Who, OperationKind Kind, string? Expected, string? Value, OperationResult Result, long Started, long Ended)
{
    /// <summary>The latest time at which it can have taken effect.</summary>
    public long Until => Result == OperationResult.Unknown ? long.MaxValue : Ended;

    /// <summary>Whether it can have changed the value.</summary>
    public bool Changes => Kind != OperationKind.Read && Result != OperationResult.Differed;

    public override string ToString()
    {
        var what = Kind == OperationKind.Swap ? $"{Kind} {Expected ?? "none"} to {Value ?? "none"}" : $"{Kind} {Value ?? "none"}";
        return $"[{Started}..{Ended}] {Who}: {what}, {Result}";
    }
}

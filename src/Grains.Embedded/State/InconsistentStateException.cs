using Orleans.Runtime;

namespace Orleans.Storage;

/// <summary>The store holds another version than the one that was read.</summary>
public class InconsistentStateException : OrleansException
{
    /// <summary>Without details.</summary>
    public InconsistentStateException() { }

    /// <summary>With words.</summary>
    public InconsistentStateException(string message)
        : base(message)
    {
    }

    /// <summary>With both versions.</summary>
    public InconsistentStateException(string errorMsg, string? storedEtag, string? currentEtag)
        : base(errorMsg)
    {
        StoredEtag = storedEtag;
        CurrentEtag = currentEtag;
    }

    /// <summary>What the store holds, where known.</summary>
    public string? StoredEtag { get; }

    /// <summary>What the writer had read.</summary>
    public string? CurrentEtag { get; }

    /// <summary>It has not left the activation whose write failed yet.</summary>
    internal bool IsSourceActivation { get; set; } = true;
}

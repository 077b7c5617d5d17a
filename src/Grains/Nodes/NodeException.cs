namespace Praefect.Grains.Nodes;

/// <summary>A storage node could not be reached or answered with an error.</summary>
public sealed class NodeException : Exception
{
    /// <summary>A failure with the node's own words.</summary>
    public NodeException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }

    /// <summary>Replication failed because the source has no repository at the path, so that its record is wrong.</summary>
    public bool SourceMissing { get; init; }
}

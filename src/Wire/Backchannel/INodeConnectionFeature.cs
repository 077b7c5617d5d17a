namespace Praefect.Wire.Backchannel;

/// <summary>Which node a request came from: on requests that arrive over a backchannel that we opened, absent on all others.</summary>
public interface INodeConnectionFeature
{
    /// <summary>The virtual storage that the node serves under.</summary>
    string VirtualStorage { get; }

    /// <summary>The node's storage name.</summary>
    string NodeName { get; }
}

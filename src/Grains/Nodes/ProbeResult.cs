namespace Praefect.Grains.Nodes;

/// <summary>The answer to one health probe.</summary>
/// <param name="Healthy">The node answered SERVING.</param>
/// <param name="Reason">Why not; empty when healthy.</param>
public sealed record ProbeResult(bool Healthy, string Reason)
{
    /// <summary>The node serves.</summary>
    public static ProbeResult Serving { get; } = new(true, string.Empty);

    /// <summary>The node did not answer in time.</summary>
    public static ProbeResult Late { get; } = new(false, "the node did not answer the probe in time");
}

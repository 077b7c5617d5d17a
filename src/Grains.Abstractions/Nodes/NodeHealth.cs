namespace Praefect.Grains.Nodes;

/// <summary>What is known of one storage node.</summary>
/// <param name="Storage">Name of the storage.</param>
/// <param name="Healthy">Whether the last probe was answered with SERVING.</param>
/// <param name="Since">When it became so (UTC).</param>
/// <param name="Reason">Why it is unhealthy; empty when healthy.</param>
[GenerateSerializer, Immutable]
public sealed record NodeHealth(
    [property: Id(0)] string Storage,
    [property: Id(1)] bool Healthy,
    [property: Id(2)] DateTimeOffset Since,
    [property: Id(3)] string Reason)
{
    /// <summary>
    /// It is unhealthy because it answers nothing at all, not even with a refusal: calls under way on it get no end by themselves. Stays until it is healthy again.
    /// </summary>
    [Id(4)]
    public bool Silent { get; init; }
}

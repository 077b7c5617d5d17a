using System.Collections.Immutable;

namespace Praefect.Grains.Nodes;

/// <summary>A virtual storage as routing sees it: an immutable snapshot, replaced as a whole.</summary>
/// <param name="Name">Name of the virtual storage.</param>
/// <param name="Version">Grows with every change of health; an older snapshot never replaces a newer one of the same <paramref name="Epoch"/>.</param>
/// <param name="Epoch">Identifies the grain activation that counts <paramref name="Version"/>: UTC ticks of its start, so a later activation has a higher one.</param>
/// <param name="DefaultReplicationFactor">How many storages a new repository is assigned; 0 or less: all, without explicit assignments.</param>
/// <param name="Nodes">Every configured storage with its health, in the order of the configuration.</param>
[GenerateSerializer, Immutable]
public sealed record VirtualStorageView(
    [property: Id(0)] string Name,
    [property: Id(1)] long Epoch,
    [property: Id(2)] long Version,
    [property: Id(3)] int DefaultReplicationFactor,
    [property: Id(4)] ImmutableArray<NodeHealth> Nodes);

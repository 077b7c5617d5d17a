using System.Collections.Immutable;

namespace Praefect.Grains.Nodes;

/// <summary>One virtual storage as configured.</summary>
public sealed record VirtualStorageOptions
{
    /// <summary>Its name, as clients send it in <c>storage_name</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Names of its storages; the order decides ties and the order of answers.</summary>
    public required ImmutableArray<string> Storages { get; init; }

    /// <summary>How many storages a new repository is assigned; 0 or less: all of them, without explicit assignments.</summary>
    public int DefaultReplicationFactor { get; init; }
}

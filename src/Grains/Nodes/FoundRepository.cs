namespace Praefect.Grains.Nodes;

/// <summary>A repository on a node's disk.</summary>
/// <param name="ReplicaPath">Its path on the storage.</param>
/// <param name="ChangedAt">When it last changed (UTC); null: the node did not say.</param>
public readonly record struct FoundRepository(string ReplicaPath, DateTimeOffset? ChangedAt);

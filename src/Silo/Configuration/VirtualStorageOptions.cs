using System.Collections.Immutable;

namespace Praefect.Silo.Configuration;

/// <summary>A virtual storage, <c>[[virtual_storage]]</c>.</summary>
public sealed record VirtualStorageOptions
{
    /// <summary><c>name</c>: what clients send in <c>storage_name</c>.</summary>
    public string Name { get; init; } = "";

    /// <summary><c>default_replication_factor</c>: how many storages a new repository is assigned; 0 or less: all, without explicit assignments.</summary>
    public int DefaultReplicationFactor { get; init; }

    /// <summary><c>[[virtual_storage.node]]</c>.</summary>
    public ImmutableArray<VirtualStorageNodeOptions> Nodes { get; init; } = [];
}

/// <summary>A storage behind a virtual storage, <c>[[virtual_storage.node]]</c>.</summary>
public sealed record VirtualStorageNodeOptions
{
    /// <summary><c>storage</c>: name of the storage on the node.</summary>
    public string Storage { get; init; } = "";

    /// <summary><c>address</c>: <c>tcp://host:port</c>, <c>tls://host:port</c>, <c>unix:/path</c> or <c>dns:host:port</c>.</summary>
    public string Address { get; init; } = "";

    /// <summary><c>token</c>: secret for calls to the node; empty: no authentication.</summary>
    public string Token { get; init; } = "";
}

using System.Collections.Immutable;
using Praefect.Grains.Routing;

namespace Praefect.Gateway.Telemetry;

/// <summary>Where a call went, for its log line.</summary>
internal sealed record CallRoute
{
    public required string ReplicaPath { get; init; }

    public string? AdditionalReplicaPath { get; init; }

    /// <summary>The replica that serves a read.</summary>
    public string? Storage { get; init; }

    public string? Primary { get; init; }

    public ImmutableArray<string> Secondaries { get; init; } = [];

    public ImmutableArray<string> Targets { get; init; } = [];

    /// <summary>Storages of a maintenance call.</summary>
    public ImmutableArray<string> Storages { get; init; } = [];

    public static CallRoute Of(MutatorRoute route, string? additionalReplicaPath) => new()
    {
        ReplicaPath = route.ReplicaPath,
        AdditionalReplicaPath = additionalReplicaPath,
        Primary = route.Primary,
        Secondaries = route.Secondaries,
        Targets = route.Targets,
    };

    /// <summary>The group <c>route</c> of a log line.</summary>
    public IReadOnlyDictionary<string, object?> Fields()
    {
        var fields = new Dictionary<string, object?>(StringComparer.Ordinal) { ["replica_path"] = ReplicaPath };
        if (AdditionalReplicaPath is not null)
            fields["additional_replica_path"] = AdditionalReplicaPath;
        if (Storage is not null)
            fields["storage"] = Storage;
        if (Primary is not null)
            (fields["primary"], fields["secondaries"], fields["replication_targets"]) = (Primary, Secondaries.AsEnumerable(), Targets.AsEnumerable());
        if (!Storages.IsEmpty)
            fields["storages"] = Storages.AsEnumerable();
        return fields;
    }
}

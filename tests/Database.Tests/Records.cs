using System.Text.Json;
using System.Text.Json.Serialization;

namespace Praefect.Database.Tests;

/// <summary>A repository's state with the members of the grains' RepositoryRecord, which this project does not reference.</summary>
public sealed record Record
{
    public long RepositoryId { get; init; }
    public string VirtualStorage { get; init; } = "default";
    public string RelativePath { get; init; } = "";
    public string ReplicaPath { get; init; } = "";
    public long Generation { get; init; } = -1;
    public string? Primary { get; init; }
    public Replica[] Replicas { get; init; } = [];
    public string[]? Assignments { get; init; }
    public OpenWrite[] OpenWrites { get; init; } = [];
}

public sealed record Replica(string Storage, long Generation, DateTimeOffset? VerifiedAt);

public sealed record OpenWrite(ulong TransactionId, string[] Participants);

public static class Records
{
    // As Orleans' System.Text.Json storage serializer writes them: members that are null are left out.
    private static readonly JsonSerializerOptions Orleans = new() { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    public static Record One(long id, long generation = 0, params Replica[] replicas) => new()
    {
        RepositoryId = id,
        RelativePath = $"@hashed/{id:x2}.git",
        ReplicaPath = $"@cluster/repositories/{id}",
        Generation = generation,
        Primary = "gitaly-1",
        Replicas = replicas,
    };

    public static string Json(Record record, bool withNulls = false) => JsonSerializer.Serialize(record, withNulls ? JsonSerializerOptions.Default : Orleans);
}

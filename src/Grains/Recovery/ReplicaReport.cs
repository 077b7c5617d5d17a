namespace Praefect.Grains.Recovery;

/// <summary>What a replica said when asked for its checksum.</summary>
/// <param name="Kind">How it answered.</param>
/// <param name="Checksum">Its checksum; null unless it reported one.</param>
internal readonly record struct ReplicaReport(ReportKind Kind, string? Checksum)
{
    public static ReplicaReport Of(string? checksum) => checksum is null ? Missing : new(ReportKind.Reported, checksum);

    public static ReplicaReport Missing => new(ReportKind.Missing, null);

    public static ReplicaReport Unreachable => new(ReportKind.Unreachable, null);

    public static ReplicaReport Late => new(ReportKind.Late, null);
}

/// <summary>How a node answered.</summary>
internal enum ReportKind
{
    /// <summary>The node did not answer, or with an error.</summary>
    Unreachable,

    /// <summary>The node has not answered in time, though it answers probes: a large repository, perhaps.</summary>
    Late,

    /// <summary>The node has no such repository.</summary>
    Missing,

    /// <summary>The node reported a checksum.</summary>
    Reported,
}

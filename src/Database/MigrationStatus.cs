namespace Praefect.Database;

/// <summary>Where a script stands in a database.</summary>
public enum MigrationState
{
    /// <summary>Not run yet.</summary>
    Pending,

    /// <summary>Recorded as run.</summary>
    Applied,

    /// <summary>Recorded as run, but with other text than this program carries.</summary>
    Changed,

    /// <summary>Recorded as run, but not among this program's scripts: a newer program was here.</summary>
    Unknown,
}

/// <summary>One line of the migrations' status.</summary>
/// <param name="Id">The script's id.</param>
/// <param name="State">Where it stands.</param>
/// <param name="AppliedAt">When it was applied (UTC); null where it was not.</param>
public sealed record MigrationStatus(string Id, MigrationState State, DateTimeOffset? AppliedAt);

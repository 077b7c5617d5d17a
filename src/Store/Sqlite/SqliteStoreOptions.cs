namespace Praefect.Store;

/// <summary>Where and how the SQLite store keeps its file.</summary>
public sealed record SqliteStoreOptions
{
    /// <summary>The database file; its folder is created when it is missing.</summary>
    public required string Path { get; init; }

    /// <summary>
    /// Every acknowledged write is on disk (PRAGMA synchronous=FULL). False: a loss of power may take back the last writes, a death of
    /// the process never does.
    /// </summary>
    public bool Durable { get; init; } = true;

    /// <summary>Writes and reads that may wait for the database thread, each; callers beyond that wait for a place.</summary>
    public int QueueBound { get; init; } = 1024;

    /// <summary>Writes that share one transaction, at most.</summary>
    public int BatchBound { get; init; } = 256;

    /// <summary>SQL run at every start after the store's own schema, in order, in one transaction: must be idempotent.</summary>
    public IReadOnlyList<string> SchemaScripts { get; init; } = [];
}

namespace Praefect.Store;

/// <summary>How the Postgres store works.</summary>
public sealed record PostgresStoreOptions
{
    /// <summary>How often the connection that holds the lock is looked at; its end is usually seen at once. Default 2 s.</summary>
    public TimeSpan LockCheckPeriod { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>SQL run at every start after the store's own schema, in order: must be idempotent.</summary>
    public IReadOnlyList<string> SchemaScripts { get; init; } = [];
}

namespace Praefect.Database.Catalogue;

/// <summary>Moments as the SQLite catalogue keeps them: microseconds since 1970 (UTC).</summary>
internal static class StoredMoment
{
    /// <summary>Never: the first moment of the year 1, so that one index range holds all that is older than some time.</summary>
    public static long Never { get; } = Of(DateTimeOffset.MinValue);

    /// <summary>The stored form; null: never.</summary>
    public static long Of(DateTimeOffset? moment) => moment is { } at ? (at - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond : Never;

    /// <summary>Reads the stored form; null: never.</summary>
    public static DateTimeOffset? Read(long stored) => stored == Never ? null : DateTimeOffset.UnixEpoch.AddTicks(stored * TimeSpan.TicksPerMicrosecond);
}

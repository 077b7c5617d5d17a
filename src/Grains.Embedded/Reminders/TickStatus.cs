namespace Orleans.Runtime;

/// <summary>Which tick of a reminder this is. Times are UTC.</summary>
/// <param name="firstTickTime">The first tick that was due.</param>
/// <param name="period">Between ticks.</param>
/// <param name="timeStamp">Now.</param>
[Immutable]
public readonly struct TickStatus(DateTime firstTickTime, TimeSpan period, DateTime timeStamp)
{
    /// <summary>The first tick that was due.</summary>
    public DateTime FirstTickTime { get; } = firstTickTime;

    /// <summary>Between ticks.</summary>
    public TimeSpan Period { get; } = period;

    /// <summary>When this tick fired.</summary>
    public DateTime CurrentTickTime { get; } = timeStamp;

    /// <inheritdoc/>
    public override string ToString() => $"<{FirstTickTime:o}, {Period}, {CurrentTickTime:o}>";
}

/// <summary>A registered reminder.</summary>
public interface IGrainReminder
{
    /// <summary>Its name within the grain.</summary>
    string ReminderName { get; }
}

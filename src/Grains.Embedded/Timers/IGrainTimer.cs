namespace Orleans.Runtime;

/// <summary>A timer of one activation. Disposing cancels the callback's token; no tick starts afterwards.</summary>
public interface IGrainTimer : IDisposable
{
    /// <summary>Sets the next tick and the period; during a tick it takes effect at its end.</summary>
    /// <param name="dueTime">0 to 49 days, or <see cref="Timeout.InfiniteTimeSpan"/>.</param>
    /// <param name="period">0 to 49 days, or <see cref="Timeout.InfiniteTimeSpan"/>.</param>
    void Change(TimeSpan dueTime, TimeSpan period);
}

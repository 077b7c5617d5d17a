using System.Diagnostics.CodeAnalysis;

namespace Orleans.Runtime;

/// <summary>When a grain timer fires and how.</summary>
public readonly struct GrainTimerCreationOptions
{
    /// <summary>All defaults.</summary>
    public GrainTimerCreationOptions()
    {
    }

    /// <summary>A timer that takes turns and does not keep its activation alive.</summary>
    [SetsRequiredMembers]
    public GrainTimerCreationOptions(TimeSpan dueTime, TimeSpan period)
    {
        DueTime = dueTime;
        Period = period;
    }

    /// <summary>From now to the first tick; <see cref="Timeout.InfiniteTimeSpan"/>: never.</summary>
    public required TimeSpan DueTime { get; init; }

    /// <summary>From the end of one tick to the next; <see cref="Timeout.InfiniteTimeSpan"/>: only one tick.</summary>
    public required TimeSpan Period { get; init; }

    /// <summary>Ticks start even while a call is under way.</summary>
    public bool Interleave { get; init; }

    /// <summary>A tick counts as activity, so that the activation is not collected.</summary>
    public bool KeepAlive { get; init; }
}

using System.Text.Json;
using Praefect.Grains.Embedded.Activations;

namespace Praefect.Grains.Embedded;

/// <summary>How the runtime behaves, and what it takes from outside: clock and threads.</summary>
public sealed class EmbeddedOptions
{
    /// <summary>All time that the runtime knows.</summary>
    public TimeProvider Time { get; set; } = TimeProvider.System;

    /// <summary>Where ready turns run.</summary>
    public IGrainScheduler Scheduler { get; set; } = ThreadPoolGrainScheduler.Instance;

    /// <summary>How long callers wait for methods without [ResponseTimeout]; default 30 s, <see cref="Timeout.InfiniteTimeSpan"/>: for ever.</summary>
    public TimeSpan ResponseTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Idle for this long, a grain is deactivated; default 15 min.</summary>
    public TimeSpan CollectionAge { get; set; } = TimeSpan.FromMinutes(15);

    /// <summary>How often idle grains are looked for; default 1 min.</summary>
    public TimeSpan CollectionPeriod { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>The shortest period of a reminder; default 1 min.</summary>
    public TimeSpan MinimumReminderPeriod { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>Calls that may wait for one grain; more fail at once. Default 10,000.</summary>
    public int MaxWaitingCalls { get; set; } = 10_000;

    /// <summary>How state becomes JSON.</summary>
    public JsonSerializerOptions StateJson { get; set; } = JsonSerializerOptions.Default;

    internal void Validate()
    {
        var errors = new List<string>();
        if (ResponseTimeout <= TimeSpan.Zero && ResponseTimeout != Timeout.InfiniteTimeSpan) errors.Add($"{nameof(ResponseTimeout)} must be positive, it is {ResponseTimeout}.");
        if (CollectionAge <= TimeSpan.Zero) errors.Add($"{nameof(CollectionAge)} must be positive, it is {CollectionAge}.");
        if (CollectionPeriod <= TimeSpan.Zero) errors.Add($"{nameof(CollectionPeriod)} must be positive, it is {CollectionPeriod}.");
        if (MinimumReminderPeriod <= TimeSpan.Zero) errors.Add($"{nameof(MinimumReminderPeriod)} must be positive, it is {MinimumReminderPeriod}.");
        if (MaxWaitingCalls < 1) errors.Add($"{nameof(MaxWaitingCalls)} must be at least 1, it is {MaxWaitingCalls}.");
        if (errors.Count > 0) throw new InvalidOperationException("Options of the embedded grain runtime: " + string.Join(" ", errors));
    }
}

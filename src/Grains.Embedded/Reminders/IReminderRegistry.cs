using Orleans.Runtime;

namespace Orleans.Timers;

/// <summary>The reminders of all grains.</summary>
public interface IReminderRegistry
{
    /// <summary>Adds or replaces a reminder; durable when the task ends.</summary>
    /// <param name="callingGrainId">Which grain.</param>
    /// <param name="reminderName">Its name within the grain.</param>
    /// <param name="dueTime">From now to the first tick, not negative.</param>
    /// <param name="period">Between ticks, at least the minimum period of the options.</param>
    /// <exception cref="ArgumentException">A time is out of range.</exception>
    Task<IGrainReminder> RegisterOrUpdateReminder(GrainId callingGrainId, string reminderName, TimeSpan dueTime, TimeSpan period);

    /// <summary>Removes a reminder; durable when the task ends.</summary>
    Task UnregisterReminder(GrainId callingGrainId, IGrainReminder reminder);

    /// <summary>The reminder; null when there is none of this name.</summary>
    Task<IGrainReminder?> GetReminder(GrainId callingGrainId, string reminderName);

    /// <summary>All reminders of a grain.</summary>
    Task<List<IGrainReminder>> GetReminders(GrainId callingGrainId);
}

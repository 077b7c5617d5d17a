using Orleans.Runtime;

namespace Orleans;

/// <summary>A grain that can be reminded: activated, when it is not active, and called at set times, process restarts or not.</summary>
public interface IRemindable : IGrain
{
    /// <summary>A reminder is due.</summary>
    Task ReceiveReminder(string reminderName, TickStatus status);
}

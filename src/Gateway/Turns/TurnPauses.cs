using Praefect.Gateway.Grains;

namespace Praefect.Gateway.Turns;

/// <summary>Keeps those who ask for a turn again from asking too fast.</summary>
internal static class TurnPauses
{
    /// <summary>A grain waits for a second before it says that a turn is pending. One that says so at once is being stopped, and its successor is not there yet.</summary>
    public static Task AfterAsync(long asked, TimeProvider time, CancellationToken cancellationToken) =>
        time.GetElapsedTime(asked) < GrainCalls.RetryPause ? Task.Delay(GrainCalls.RetryPause, time, cancellationToken) : Task.CompletedTask;
}

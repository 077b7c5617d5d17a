namespace Praefect.Grains.Embedded.Calls;

/// <summary>
/// A call could never start: the grain waits for a call that, through others, waits for this one. The distributed runtime lets such a
/// call run into its deadline, so this is a <see cref="TimeoutException"/> that comes at once.
/// </summary>
/// <param name="message">The chain of calls.</param>
public sealed class GrainDeadlockException(string message) : TimeoutException(message);

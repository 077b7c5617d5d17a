namespace Orleans.Runtime;

/// <summary>Base of the runtime's own failures.</summary>
public class OrleansException : Exception
{
    /// <summary>A failure without words.</summary>
    public OrleansException()
        : base("Unexpected error.")
    {
    }

    /// <summary>A failure.</summary>
    public OrleansException(string message)
        : base(message)
    {
    }

    /// <summary>A failure with its cause.</summary>
    public OrleansException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}

/// <summary>A bounded queue is full: the call was not started and may be sent again later.</summary>
/// <param name="message">What is full and how full.</param>
public sealed class LimitExceededException(string message) : OrleansException(message);

/// <summary>The runtime does not take calls: not started yet, stopping, or stopped.</summary>
/// <param name="message">Which of these.</param>
public sealed class SiloUnavailableException(string message) : OrleansException(message);

/// <summary>The observer that a reference points to was deleted.</summary>
/// <param name="grainId">The observer.</param>
public sealed class ClientNotAvailableException(GrainId grainId) : OrleansException($"No activation for client {grainId}");

namespace Praefect.Trial.Processes;

/// <summary>A process did not do what it was started for; the message ends with the last lines of its log.</summary>
public sealed class ProcessFailedException(string message) : Exception(message);

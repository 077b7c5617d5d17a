namespace Praefect.Trial;

/// <summary>The trial cannot go on; the message says why and what to do.</summary>
public sealed class TrialException(string message) : Exception(message);

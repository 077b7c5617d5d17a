namespace Praefect.Gateway.Grains;

/// <summary>A grain did not answer in time, twice, or its runtime failed: nothing is known about the repository.</summary>
public sealed class GrainUnreachableException(string message, Exception inner) : Exception(message, inner);

namespace Praefect.Wire.Yamux;

/// <summary>A pending flush was cancelled through the writer rather than by its token.</summary>
internal sealed class FlushCanceledException() : OperationCanceledException("flush cancelled");

namespace Praefect.Wire.Yamux;

/// <summary>A yamux session or stream can no longer be used: closed, reset, timed out, or refused.</summary>
public class YamuxException(string message, Exception? inner = null) : IOException($"yamux: {message}", inner);

/// <summary>The peer broke the protocol; the session is over.</summary>
public sealed class YamuxProtocolException(string message) : YamuxException(message);

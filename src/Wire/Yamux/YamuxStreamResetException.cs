using Microsoft.AspNetCore.Connections;

namespace Praefect.Wire.Yamux;

/// <summary>The peer reset the stream, or refused it because its backlog was full. To Kestrel this is what a reset connection is.</summary>
public sealed class YamuxStreamResetException() : ConnectionResetException("yamux: stream reset");

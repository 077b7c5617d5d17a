using System.IO.Pipelines;

namespace Praefect.Wire.Nodes;

/// <summary>A connection's stream as the pair of pipes that a session works on. Does not own the stream.</summary>
internal sealed class StreamDuplexPipe(Stream stream) : IDuplexPipe
{
    private const int ReadBytes = 64 * 1024;

    public PipeReader Input { get; } = PipeReader.Create(
        stream, new StreamPipeReaderOptions(bufferSize: ReadBytes, minimumReadSize: ReadBytes / 16, leaveOpen: true));

    // The session hands over whole batches, which go to the stream without being copied.
    public PipeWriter Output { get; } = PipeWriter.Create(stream, new StreamPipeWriterOptions(leaveOpen: true));
}

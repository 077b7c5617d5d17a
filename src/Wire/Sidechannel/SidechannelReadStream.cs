using System.Buffers;
using System.IO.Pipelines;
using Praefect.Wire.Streams;

namespace Praefect.Wire.Sidechannel;

/// <summary>The payloads of a client's frames, one after the other, until <c>0000</c>.</summary>
internal sealed class SidechannelReadStream(PipeReader input) : AsyncOnlyStream
{
    private FrameScanner _scanner;

    public override bool CanRead => true;

    public override bool CanWrite => false;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (!_scanner.Ended && !buffer.IsEmpty)
        {
            var result = await input.ReadAsync(cancellationToken);
            var (count, rest) = Take(result.Buffer, buffer.Span);
            input.AdvanceTo(rest.Start, count > 0 ? rest.Start : rest.End);
            if (count > 0)
                return count;
            if (result.IsCompleted && !_scanner.Ended)
                throw new EndOfStreamException("sidechannel: unexpected EOF");
        }

        return 0;
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    private (int Count, ReadOnlySequence<byte> Left) Take(ReadOnlySequence<byte> rest, Span<byte> target)
    {
        var count = 0;
        while (_scanner.TryNext(ref rest, target.Length - count, out var payload))
        {
            payload.CopyTo(target[count..]);
            count += (int)payload.Length;
        }

        return (count, rest);
    }
}

using System.Diagnostics;

namespace Praefect.Wire.Nodes;

/// <summary>
/// Takes from a socket whatever is there, up to 64 KiB at once. <see cref="SocketsHttpHandler"/> asks for the rest of one HTTP/2 frame at a time, 16 KiB at most, and
/// each question is a call of the system and, when it has to wait, a hand-over between threads; four frames cost one of each this way. One reader at a time.
/// </summary>
internal sealed class ReadAheadStream(Stream inner) : DelegatingStream(inner)
{
    private const int Bytes = 64 * 1024;

    private readonly Stream _inner = inner;
    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(Bytes);
    private int _start;
    private int _end;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_start < _end)
            return ValueTask.FromResult(Take(buffer.Span));
        // A read of nothing waits for something without saying how much room there is; one of more than our room needs no detour.
        return buffer.IsEmpty || buffer.Length >= Bytes ? _inner.ReadAsync(buffer, cancellationToken) : FillAsync(buffer, cancellationToken);
    }

    private async ValueTask<int> FillAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        Debug.Assert(_start == _end, "what is there is handed out first");
        (_start, _end) = (0, 0);
        _end = await _inner.ReadAsync(_buffer, cancellationToken);
        return Take(buffer.Span);
    }

    private int Take(Span<byte> buffer)
    {
        var count = Math.Min(buffer.Length, _end - _start);
        _buffer.AsSpan(_start, count).CopyTo(buffer);
        _start += count;
        return count;
    }
}

using System.Buffers;

namespace Praefect.Wire.Yamux;

/// <summary>Frames waiting for the connection, back to back in one pooled array; holds no memory while empty.</summary>
internal sealed class SendBuffer
{
    private const int FirstBytes = 16 * 1024;
    private byte[] _bytes = [];

    /// <summary>Bytes queued.</summary>
    public int Length { get; private set; }

    /// <summary>What is queued.</summary>
    public ReadOnlyMemory<byte> Written => _bytes.AsMemory(0, Length);

    /// <summary>Makes room for <paramref name="count"/> more bytes, counts them as queued and returns them to be filled.</summary>
    public Span<byte> Extend(int count)
    {
        if (_bytes.Length - Length < count)
            Grow(count);
        var span = _bytes.AsSpan(Length, count);
        Length += count;
        return span;
    }

    /// <summary>Drops what is queued and gives the memory back.</summary>
    public void Clear()
    {
        Length = 0;
        if (_bytes.Length == 0)
            return;
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = [];
    }

    private void Grow(int count)
    {
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(Math.Max(FirstBytes, _bytes.Length * 2), Length + count));
        Written.Span.CopyTo(larger);
        if (_bytes.Length > 0)
            ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = larger;
    }
}

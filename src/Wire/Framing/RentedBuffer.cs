using System.Buffers;

namespace Praefect.Wire.Framing;

/// <summary>Bytes in an array of the shared pool, grown as they arrive. Never rents more than twice what has really come in, so that an announced size costs nothing.</summary>
internal sealed class RentedBuffer : IDisposable
{
    private byte[] _array;

    public RentedBuffer(int capacity) => _array = ArrayPool<byte>.Shared.Rent(capacity);

    public int Length { get; private set; }

    public Memory<byte> Memory => _array.AsMemory(0, Length);

    public Span<byte> Span => _array.AsSpan(0, Length);

    public Memory<byte> Free => _array.AsMemory(Length);

    /// <summary>Makes room for at least <paramref name="count"/> more bytes.</summary>
    public void Reserve(int count)
    {
        if (_array.Length - Length >= count)
        {
            return;
        }

        var larger = ArrayPool<byte>.Shared.Rent((int)Math.Min(Array.MaxLength, Math.Max(_array.Length * 2L, (long)Length + count)));
        _array.AsSpan(0, Length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_array);
        _array = larger;
    }

    public void Advance(int count) => Length += count;

    public void Append(ReadOnlySpan<byte> bytes)
    {
        Reserve(bytes.Length);
        bytes.CopyTo(_array.AsSpan(Length));
        Length += bytes.Length;
    }

    /// <summary>Drops the first <paramref name="count"/> bytes.</summary>
    public void Consume(int count)
    {
        _array.AsSpan(count, Length - count).CopyTo(_array);
        Length -= count;
    }

    /// <summary>Hands the array over: whoever takes it returns it to the shared pool.</summary>
    public byte[] Detach()
    {
        var array = _array;
        _array = [];
        return array;
    }

    public void Dispose()
    {
        var array = _array;
        _array = [];
        Length = 0;
        if (array.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(array);
        }
    }
}

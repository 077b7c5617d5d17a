using System.Buffers;

namespace Praefect.Wire.Framing;

/// <summary>A rewritten frame, prefix included, in a pooled buffer.</summary>
public sealed class RewrittenFrame : IMemoryOwner<byte>
{
    private readonly int _length;
    private byte[]? _array;

    internal RewrittenFrame(int length)
    {
        _array = ArrayPool<byte>.Shared.Rent(length);
        _length = length;
    }

    /// <summary>Exactly the frame. Valid until <see cref="Dispose"/>.</summary>
    public Memory<byte> Memory => (_array ?? throw new ObjectDisposedException(nameof(RewrittenFrame))).AsMemory(0, _length);

    /// <summary>Returns the buffer to the pool.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _array, null) is { } array)
        {
            ArrayPool<byte>.Shared.Return(array);
        }
    }
}

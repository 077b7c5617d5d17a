using System.Buffers;
using System.IO.Pipelines;

namespace Praefect.Wire.Backchannel;

/// <summary>
/// The 11 ASCII bytes that a connection, or a stream in a session, starts with when it is more than HTTP/2. An HTTP/2 preface is longer
/// than that, so 11 bytes always come.
/// </summary>
public static class BackchannelMagic
{
    /// <summary>Bytes of every magic.</summary>
    public const int Length = 11;

    /// <summary>Announces a yamux session.</summary>
    public static ReadOnlySpan<byte> Backchannel => "backchannel"u8;

    /// <summary>Announces a sidechannel; its id follows as 8 bytes, big endian.</summary>
    public static ReadOnlySpan<byte> Sidechannel => "sidechannel"u8;

    /// <summary>Whether the next 11 bytes are the magic. They are taken if so, and stay unread otherwise.</summary>
    /// <returns>null when the input ended before 11 bytes.</returns>
    internal static async ValueTask<bool?> TakeAsync(PipeReader input, ReadOnlyMemory<byte> magic, CancellationToken cancellationToken)
    {
        var result = await input.ReadAtLeastAsync(Length, cancellationToken);
        if (result.Buffer.Length < Length)
        {
            input.AdvanceTo(result.Buffer.Start, result.Buffer.End);
            return null;
        }

        var head = result.Buffer.Slice(0, Length);
        var matches = Matches(head, magic.Span);
        input.AdvanceTo(matches ? head.End : head.Start);
        return matches;
    }

    private static bool Matches(in ReadOnlySequence<byte> head, ReadOnlySpan<byte> magic)
    {
        Span<byte> bytes = stackalloc byte[Length];
        head.CopyTo(bytes);
        return bytes.SequenceEqual(magic);
    }
}

using System.Buffers;
using System.Text;

namespace Praefect.StorageNode.Git;

/// <summary>Reads a stream to its end but keeps only the first <see cref="MaxBytes"/> bytes: a chatty process is never blocked and never fills memory.</summary>
public static class BoundedText
{
    /// <summary>How much of a process's standard error is kept: 64 KiB.</summary>
    public const int MaxBytes = 64 * 1024;

    /// <summary>Drains <paramref name="stream"/> and returns the kept part as UTF-8 text.</summary>
    public static async Task<string> DrainAsync(Stream stream, CancellationToken cancellationToken)
    {
        var kept = new ArrayBufferWriter<byte>();
        var buffer = new byte[4096];
        while (true)
        {
            var count = await stream.ReadAsync(buffer, cancellationToken);
            if (count == 0)
            {
                return Encoding.UTF8.GetString(kept.WrittenSpan);
            }

            var room = MaxBytes - kept.WrittenCount;
            if (room > 0)
            {
                kept.Write(buffer.AsSpan(0, Math.Min(room, count)));
            }
        }
    }
}

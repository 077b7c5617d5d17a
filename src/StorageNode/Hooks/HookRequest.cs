using System.Buffers;
using System.IO.Pipelines;
using System.Text;

namespace Praefect.StorageNode.Hooks;

/// <summary>What a hook sent: a line with secret and state, git's own lines, an empty line.</summary>
internal sealed record HookRequest(string Secret, string State, ReadOnlyMemory<byte> Updates)
{
    /// <summary>Longest request, that is the list of reference updates of one transaction: 256 MiB.</summary>
    public const int MaxBytes = 256 * 1024 * 1024;

    /// <summary>Reads one; null when it is cut off, too long or not of this form.</summary>
    public static async Task<HookRequest?> ReadAsync(PipeReader reader, CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await reader.ReadAsync(cancellationToken);
            if (EndsWithEmptyLine(read.Buffer))
            {
                var request = Split(read.Buffer);
                reader.AdvanceTo(read.Buffer.End);
                return request;
            }

            var length = read.Buffer.Length;
            reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            if (read.IsCompleted || length > MaxBytes)
            {
                return null;
            }
        }
    }

    private static HookRequest? Split(ReadOnlySequence<byte> buffer)
    {
        var lineEnd = buffer.PositionOf((byte)'\n')!.Value;
        var words = Encoding.ASCII.GetString(buffer.Slice(0, lineEnd)).Split(' ');
        var rest = buffer.Slice(buffer.GetPosition(1, lineEnd));
        return words.Length == 2 ? new HookRequest(words[0], words[1], rest.Slice(0, Math.Max(0, rest.Length - 1)).ToArray()) : null;
    }

    // Git's own lines are never empty, so the first empty line is the end.
    private static bool EndsWithEmptyLine(ReadOnlySequence<byte> buffer)
    {
        if (buffer.Length < 2)
        {
            return false;
        }

        Span<byte> end = stackalloc byte[2];
        buffer.Slice(buffer.Length - 2).CopyTo(end);
        return end is [(byte)'\n', (byte)'\n'];
    }
}

using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using Praefect.Wire.Grpc;

namespace Praefect.Wire.GitHttp;

/// <summary>
/// Git's answer to a push, on its way to the client. Progress (band 2) passes at once. The report, which says which references were
/// written, is held back until the call has ended well: the server sends it before the last vote is in, and a client that has read
/// "ok" believes it.
/// </summary>
internal sealed class PushReport(PipeWriter client)
{
    /// <summary>Most bytes that are held back: 64 MiB, a report on some half a million references.</summary>
    public const int MaxHeldBytes = 64 * 1024 * 1024;

    private const int HeaderBytes = 4;
    private const byte ProgressBand = 2;
    private const byte ErrorBand = 3;

    private readonly ArrayBufferWriter<byte> _held = new();
    private bool _holding;

    /// <summary>Whether the client has got anything.</summary>
    public bool Started { get; private set; }

    /// <summary>Takes a piece of the answer.</summary>
    /// <exception cref="GrpcException">ResourceExhausted: the report is too long.</exception>
    public async ValueTask AddAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        if (_held.WrittenCount + data.Length > MaxHeldBytes)
        {
            throw new GrpcException(GrpcStatusCode.ResourceExhausted, $"the report of the push is longer than {MaxHeldBytes} bytes");
        }

        _held.Write(data.Span);
        var progress = _holding ? 0 : MeasureProgress(_held.WrittenSpan);
        if (progress > 0)
        {
            Started = true;
            await client.WriteAsync(_held.WrittenMemory[..progress], cancellationToken);
            var rest = _held.WrittenSpan[progress..].ToArray();
            _held.ResetWrittenCount();
            _held.Write(rest);
        }
    }

    /// <summary>The call ended well: the client gets the rest.</summary>
    public async ValueTask ReleaseAsync(CancellationToken cancellationToken)
    {
        Started = true;
        await client.WriteAsync(_held.WrittenMemory, cancellationToken);
    }

    /// <summary>The call failed: the client gets a line in the band that makes it fail, and no report.</summary>
    public async ValueTask FailAsync(string text, CancellationToken cancellationToken)
    {
        var line = Encoding.UTF8.GetBytes(text.Length > 1000 ? text[..1000] : text);
        var packet = new ArrayBufferWriter<byte>();
        packet.Write(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{line.Length + HeaderBytes + 1:x4}")));
        packet.Write([ErrorBand]);
        packet.Write(line);
        packet.Write("0000"u8);
        await client.WriteAsync(packet.WrittenMemory, cancellationToken);
    }

    // Whole packets of band 2 in front; anything else begins the report.
    private int MeasureProgress(ReadOnlySpan<byte> data)
    {
        var end = 0;
        while (data.Length - end > HeaderBytes)
        {
            if (!int.TryParse(data.Slice(end, HeaderBytes), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var length)
                || length <= HeaderBytes || data[end + HeaderBytes] != ProgressBand)
            {
                _holding = true;
                break;
            }

            if (end + length > data.Length)
            {
                break;
            }

            end += length;
        }

        return end;
    }
}

using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using Praefect.Wire.Yamux;

namespace Praefect.StorageNode.Packs;

/// <summary>Output in pkt-lines of band 1, as SSH clients expect it on a sidechannel.</summary>
internal static class Sideband
{
    private const int HeaderBytes = 5;
    private const int MaxPayload = 65520 - HeaderBytes;

    /// <summary>Copies everything.</summary>
    public static async Task CopyAsync(PipeReader source, YamuxStream target, CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await source.ReadAsync(cancellationToken);
            var rest = read.Buffer;
            while (!rest.IsEmpty)
            {
                var piece = rest.Slice(0, Math.Min(rest.Length, MaxPayload));
                var header = string.Create(CultureInfo.InvariantCulture, $"{piece.Length + HeaderBytes:x4}\u0001");
                await target.WriteAsync(Encoding.ASCII.GetBytes(header), cancellationToken);
                await target.WriteAsync(piece, cancellationToken);
                rest = rest.Slice(piece.End);
            }

            source.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
            {
                return;
            }
        }
    }
}

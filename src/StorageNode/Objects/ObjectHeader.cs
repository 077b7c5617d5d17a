using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Praefect.Wire.Grpc;

namespace Praefect.StorageNode.Objects;

/// <summary>The line in front of each object that <c>git cat-file --batch</c> prints.</summary>
internal static class ObjectHeader
{
    private const int MaxBytes = 16 * 1024;

    /// <summary>Reads up to the line feed and consumes it.</summary>
    public static async Task<string> ReadAsync(PipeReader reader, CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await reader.ReadAsync(cancellationToken);
            if (read.Buffer.PositionOf((byte)'\n') is { } end)
            {
                var line = Encoding.UTF8.GetString(read.Buffer.Slice(0, end));
                reader.AdvanceTo(read.Buffer.GetPosition(1, end));
                return line;
            }

            var length = read.Buffer.Length;
            reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            if (read.IsCompleted || length > MaxBytes)
            {
                throw new GrpcException(GrpcStatusCode.Internal, "git ended without describing the object");
            }
        }
    }
}

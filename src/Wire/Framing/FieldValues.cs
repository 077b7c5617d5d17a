using System.Collections.Immutable;
using System.Text;
using Praefect.Wire.Contract;

namespace Praefect.Wire.Framing;

/// <summary>Reads values of a request by field numbers, without decoding the rest of it.</summary>
public static class FieldValues
{
    /// <summary>
    /// All values of a <c>bytes</c> or <c>string</c> field, in the order in which they were sent: those of a repeated field, also where a message on the way to it is
    /// repeated, and superseded ones of a single field. What is not UTF-8 is replaced.
    /// </summary>
    /// <param name="message">The serialized request.</param>
    /// <param name="path">Way to the field.</param>
    /// <param name="most">Reading stops at this many.</param>
    /// <exception cref="Grpc.GrpcException">Internal: the bytes are not protobuf.</exception>
    public static ImmutableArray<string> Read(ReadOnlySpan<byte> message, FieldPath path, int most)
    {
        ArgumentNullException.ThrowIfNull(path);
        var values = ImmutableArray.CreateBuilder<string>(1);
        Walk(message, 0, message.Length, path, 0, most, values);
        return values.DrainToImmutable();
    }

    private static void Walk(ReadOnlySpan<byte> message, int start, int end, FieldPath path, int depth, int most, ImmutableArray<string>.Builder values)
    {
        var reader = new WireReader(message, start, end);
        while (!reader.AtEnd && values.Count < most)
        {
            var tag = reader.ReadTag();
            if (tag != path.Steps[depth].Tag)
            {
                reader.Skip(tag);
                continue;
            }

            var length = reader.ReadLength();
            if (depth + 1 < path.Steps.Length)
                Walk(message, reader.Position, reader.Position + length, path, depth + 1, most, values);
            else
                values.Add(Encoding.UTF8.GetString(message.Slice(reader.Position, length)));
            reader.Advance(length);
        }
    }
}

using System.Runtime.CompilerServices;
using Praefect.Wire.Contract;

namespace Praefect.Wire.Framing;

/// <summary>Where a length-delimited field lies: its length varint and its content.</summary>
internal readonly record struct FieldSpan(int LengthStart, int ContentStart, int ContentLength)
{
    public bool Found => ContentStart > 0;

    public int LengthBytes => ContentStart - LengthStart;

    public int ContentEnd => ContentStart + ContentLength;
}

[InlineArray(FieldPath.MaxSteps)]
internal struct FieldChain
{
    private FieldSpan _first;
}

/// <summary>Where a repository lies in a request, seen as protobuf parsers see it: a message field that occurs several times is merged,
/// the last scalar wins, and a later member of a oneof clears an earlier one.</summary>
internal struct RepositoryLocation
{
    /// <summary>The message fields from the request inwards; the last is the repository's last occurrence.</summary>
    public FieldChain Chain;

    /// <summary>The repository is set.</summary>
    public bool Present;

    /// <summary>The winning values over all merged occurrences.</summary>
    public FieldSpan StorageName;

    /// <inheritdoc cref="StorageName"/>
    public FieldSpan RelativePath;
}

/// <summary>Finds a repository along a path of field numbers.</summary>
internal static class RepositoryLocator
{
    // gitaly.Repository: storage_name = 2, relative_path = 3, both strings.
    public const uint StorageNameTag = (2 << 3) | 2;
    public const uint RelativePathTag = (3 << 3) | 2;

    /// <exception cref="Grpc.GrpcException">Internal: the bytes are not protobuf.</exception>
    public static RepositoryLocation Find(ReadOnlySpan<byte> message, FieldPath path)
    {
        var location = default(RepositoryLocation);
        var chain = default(FieldChain);
        Walk(message, 0, message.Length, path, 0, ref chain, ref location);
        return location;
    }

    private static void Walk(
        ReadOnlySpan<byte> message, int start, int end, FieldPath path, int depth, ref FieldChain chain, ref RepositoryLocation location)
    {
        var step = path.Steps[depth];
        var reader = new WireReader(message, start, end);
        while (!reader.AtEnd)
        {
            var tag = reader.ReadTag();
            if (tag != step.Tag)
            {
                if (tag == step.OneofSiblingTag)
                {
                    location = default;
                }

                reader.Skip(tag);
                continue;
            }

            var field = ReadField(ref reader);
            chain[depth] = field;
            if (depth + 1 < path.Steps.Length)
            {
                Walk(message, field.ContentStart, field.ContentEnd, path, depth + 1, ref chain, ref location);
            }
            else
            {
                location.Present = true;
                location.Chain = chain;
                ReadRepository(message, field, ref location);
            }
        }
    }

    private static void ReadRepository(ReadOnlySpan<byte> message, FieldSpan repository, ref RepositoryLocation location)
    {
        var reader = new WireReader(message, repository.ContentStart, repository.ContentEnd);
        while (!reader.AtEnd)
        {
            var tag = reader.ReadTag();
            switch (tag)
            {
                case StorageNameTag:
                    location.StorageName = ReadField(ref reader);
                    break;
                case RelativePathTag:
                    location.RelativePath = ReadField(ref reader);
                    break;
                default:
                    reader.Skip(tag);
                    break;
            }
        }
    }

    public static FieldSpan ReadField(ref WireReader reader)
    {
        var lengthStart = reader.Position;
        var length = reader.ReadLength();
        var field = new FieldSpan(lengthStart, reader.Position, length);
        reader.Advance(length);
        return field;
    }
}

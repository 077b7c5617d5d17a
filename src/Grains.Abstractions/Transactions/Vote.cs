using System.Buffers.Binary;

namespace Praefect.Grains.Transactions;

/// <summary>What a node is about to change, as the 20 bytes that it sends in <c>reference_updates_hash</c>. The all-zero vote is a vote like any other.</summary>
[GenerateSerializer, Immutable]
public readonly record struct Vote([property: Id(0)] ulong High, [property: Id(1)] ulong Middle, [property: Id(2)] uint Low)
{
    /// <summary>Length of a vote in bytes.</summary>
    public const int Length = 20;

    /// <summary>Reads a vote off the wire.</summary>
    /// <returns>False when <paramref name="bytes"/> is not exactly <see cref="Length"/> long.</returns>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out Vote vote)
    {
        vote = default;
        if (bytes.Length != Length)
            return false;
        vote = new Vote(
            BinaryPrimitives.ReadUInt64BigEndian(bytes),
            BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]),
            BinaryPrimitives.ReadUInt32BigEndian(bytes[16..]));
        return true;
    }

    /// <summary>The vote as 40 lower-case hexadecimal digits.</summary>
    public override string ToString() => $"{High:x16}{Middle:x16}{Low:x8}";
}

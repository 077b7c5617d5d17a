using System.Buffers.Binary;
using Google.Protobuf;
using Praefect.Wire.Protos;

namespace Praefect.Gateway.Mutators;

/// <summary>ReplicateRepository through the gateway never links the copy to an object pool: the pool's path on the source means nothing here.</summary>
internal static class ReplicationRequest
{
    private const int PrefixLength = 5;

    /// <summary>The same frame with <c>replicate_object_deduplication_network_membership</c> cleared; the frame itself where it is not set.</summary>
    public static ReadOnlyMemory<byte> WithoutPoolMembership(ReadOnlyMemory<byte> frame)
    {
        var request = ReplicateRepositoryRequest.Parser.ParseFrom(frame.Span[PrefixLength..]);
        if (!request.ReplicateObjectDeduplicationNetworkMembership)
            return frame;
        request.ReplicateObjectDeduplicationNetworkMembership = false;
        var size = request.CalculateSize();
        var cleared = new byte[PrefixLength + size];
        BinaryPrimitives.WriteUInt32BigEndian(cleared.AsSpan(1), (uint)size);
        request.WriteTo(cleared.AsSpan(PrefixLength));
        return cleared;
    }
}

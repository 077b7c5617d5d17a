using Praefect.Gateway.Proxying;
using Praefect.Wire.Grpc;

namespace Praefect.Gateway.Coordination;

/// <summary>What the client of a write is told in the end.</summary>
/// <param name="Primary">How the primary's call ended.</param>
/// <param name="Status">The gateway's own word in place of the primary's: in doubt, not recorded, out of time, gone. Null: the primary's stands.</param>
internal sealed record WriteReply(CallEnd Primary, GrpcStatus? Status)
{
    /// <summary>The client may rely on the write.</summary>
    public bool Acknowledged => Status is null && Primary.Ok;
}

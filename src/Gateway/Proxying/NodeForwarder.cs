using Praefect.Gateway.Metadata;
using Praefect.Gateway.Nodes;
using Praefect.Wire.Grpc;

namespace Praefect.Gateway.Proxying;

/// <summary>Sends a call to one node and gives its answer to the client.</summary>
internal sealed class NodeForwarder(NodeRequests requests, NodeEvidence evidence, SidechannelRelay sidechannels, TimeProvider time)
{
    /// <summary>Sends the call and passes headers and messages on. The end is left to the caller.</summary>
    public Task<CallEnd> SendAsync(ProxyCall call, GatewayNode node, ReadOnlyMemory<byte> frame, NodeExtras extras) =>
        SendAsync(call, node, frame, extras, call.Token);

    /// <summary>The same, until the token cuts it off, which goes with the call's own.</summary>
    public async Task<CallEnd> SendAsync(ProxyCall call, GatewayNode node, ReadOnlyMemory<byte> frame, NodeExtras extras, CancellationToken cancellationToken)
    {
        call.Response.Storage = node.Storage;
        if (SidechannelRelay.IsWanted(call))
            return await sidechannels.RunAsync(call, id => RunAsync(call, node, node.Connection.Multiplexed, frame, extras with { SidechannelId = id }, cancellationToken));
        return await RunAsync(call, node, extras.Transaction is null ? node.Connection.Plain : node.Connection.Multiplexed, frame, extras, cancellationToken);
    }

    /// <summary>Ends the call towards the client.</summary>
    public static Task EndAsync(ProxyCall call, CallEnd end) =>
        end.CutOff && call.Deadline.Expired
            ? call.Response.EndAsync(new GrpcStatus(GrpcStatusCode.DeadlineExceeded, "context deadline exceeded"), end.Break == CallBreak.InsideMessage)
            : call.Response.EndAsync(end);

    private async Task<CallEnd> RunAsync(
        ProxyCall call, GatewayNode node, HttpMessageInvoker invoker, ReadOnlyMemory<byte> frame, NodeExtras extras, CancellationToken cancellationToken)
    {
        using var content = call.Content(frame);
        using var request = requests.Create(call, node, content, extras);
        var end = await new NodeCall(node, invoker, request, content, time).RunAsync(call.Response, flushAtEnd: false, cancellationToken);
        if (end.ConnectionLost)
            evidence.Unreachable(node, end.Message);
        return end;
    }
}

using System.Globalization;
using Microsoft.Extensions.Logging;
using Praefect.Gateway.Metadata;
using Praefect.Wire.Backchannel;
using Praefect.Wire.Grpc;
using Praefect.Wire.Sidechannel;

namespace Praefect.Gateway.Proxying;

/// <summary>
/// Calls whose bulk data runs beside them: the node calls the gateway back under the gateway's own id, the gateway calls the client back under the
/// client's, and copies. The call's result waits for the end of the copy.
/// </summary>
internal sealed partial class SidechannelRelay(SidechannelRegistry registry, TimeProvider time, ILogger<SidechannelRelay> logger)
{
    /// <summary>The client registered a sidechannel for this call.</summary>
    public static bool IsWanted(ProxyCall call) => call.Http.Request.Headers.ContainsKey(MetadataKeys.SidechannelId);

    /// <param name="call">The call.</param>
    /// <param name="run">Makes the call on the node with the given sidechannel id.</param>
    public async Task<CallEnd> RunAsync(ProxyCall call, Func<long, Task<CallEnd>> run)
    {
        // With several values the last one counts: each proxy on the way appends its own.
        var values = call.Http.Request.Headers[MetadataKeys.SidechannelId];
        if (!long.TryParse(values[^1], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var clientId))
            throw new GrpcException(GrpcStatusCode.InvalidArgument, $"malformed {MetadataKeys.SidechannelId}: \"{values[^1]}\"");
        if (call.Http.Features.Get<IBackchannelFeature>() is not { } peer)
            throw new GrpcException(GrpcStatusCode.FailedPrecondition, "sidechannel: the client's connection has no backchannel to open it on");

        await using var waiter = registry.Register(async (node, token) =>
        {
            var client = await SidechannelServer.OpenAsync(peer, clientId, token, time);
            await SidechannelProxy.RunAsync(client, node, token);
        });
        var end = await run(waiter.Id);
        if (end.CutOff)
            return end;
        try
        {
            await waiter.CloseAsync(call.Token);
            return end;
        }
        catch (Exception e)
        {
            LogFailed(logger, call.Method.Path, e.Message);
            return end.Ok ? Failed(e, call) : end;
        }
    }

    private static CallEnd Failed(Exception e, ProxyCall call) => call.Token.IsCancellationRequested
        ? new CallEnd(GrpcStatusCode.Cancelled, "call was cut off", CallBreak.BetweenMessages) { CutOff = true }
        : new CallEnd(GrpcStatusCode.Internal, $"sidechannel: proxy callback: {e.Message}", CallBreak.BetweenMessages);

    [LoggerMessage(1, LogLevel.Information, "sidechannel failed: grpc_method={Method} error={Error}")]
    private static partial void LogFailed(ILogger logger, string method, string error);
}

using System.Net.Sockets;
using Grpc.Core;
using Praefect.Wire.Grpc;
using Praefect.Wire.Protos;

namespace Praefect.Gateway.Clock;

/// <summary>ClockSynced (up to Gitaly 17.6): whether this process' clock agrees with a time server's. Tokens are good for 30 s, so a clock that drifts locks out.</summary>
internal sealed class ClockCheck(SntpClient clock)
{
    public async Task<ClockSyncedResponse> CheckAsync(ClockSyncedRequest request, ServerCallContext call)
    {
        if (request.NtpHost.Length == 0)
            throw new GrpcException(GrpcStatusCode.InvalidArgument, "ntp_host is not set: name the time server to compare with");
        var threshold = request.DriftThreshold?.ToTimeSpan() ?? TimeSpan.Zero;
        try
        {
            var offset = await clock.OffsetAsync(request.NtpHost, call.CancellationToken);
            return new ClockSyncedResponse { Synced = offset.Duration() <= threshold };
        }
        catch (Exception e) when (e is SocketException or TimeoutException or InvalidDataException)
        {
            throw new GrpcException(GrpcStatusCode.Internal, $"query ntp host: {e.Message}", e);
        }
    }
}

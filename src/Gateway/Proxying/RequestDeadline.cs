using Microsoft.AspNetCore.Http;
using Praefect.Gateway.Metadata;
using Praefect.Wire.Grpc;

namespace Praefect.Gateway.Proxying;

/// <summary>The deadline that a client sent with its call.</summary>
internal static class RequestDeadline
{
    /// <summary>Starts the client's time; its token is cancelled when that is up or the client is gone.</summary>
    /// <exception cref="GrpcException">InvalidArgument: the header is not a gRPC timeout.</exception>
    public static CallDeadline Start(HttpContext http, TimeProvider time)
    {
        string? header = http.Request.Headers[MetadataKeys.GrpcTimeout];
        if (header is null)
            return new CallDeadline(timeout: null, time, http.RequestAborted);
        return GrpcTimeout.TryParse(header, out var timeout)
            ? new CallDeadline(timeout, time, http.RequestAborted)
            : throw new GrpcException(GrpcStatusCode.InvalidArgument, $"malformed grpc-timeout: \"{header}\"");
    }
}

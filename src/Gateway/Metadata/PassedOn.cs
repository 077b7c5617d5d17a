using Grpc.Core;
using Praefect.Wire.Grpc;

namespace Praefect.Gateway.Metadata;

/// <summary>
/// What a call that the gateway makes for a client takes over from the client's: metadata, so that nodes log it under the client's correlation id and know its
/// feature flags, and the time left.
/// </summary>
internal static class PassedOn
{
    /// <summary>For a call to a node.</summary>
    public static GrpcCallOptions From(ServerCallContext call)
    {
        var http = call.GetHttpContext();
        var metadata = new GrpcMetadata();
        foreach (var (name, values) in http.Request.Headers)
        {
            if (!HeaderRules.PassesToNode(name) || name.StartsWith("grpc-", StringComparison.OrdinalIgnoreCase))
                continue;
            foreach (var value in values)
                metadata.Add(name, value!);
        }

        if (call.Header(MetadataKeys.CorrelationId) is { Length: > 0 } id)
            metadata.Add(MetadataKeys.CorrelationId, id);
        return new GrpcCallOptions { Metadata = metadata, Timeout = http.Deadline().TimeLeft };
    }
}

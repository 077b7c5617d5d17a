using System.Collections.Frozen;
using System.Globalization;
using System.Net;
using Praefect.Gateway.Nodes;
using Praefect.Gateway.Proxying;
using Praefect.Wire.Contract;
using Praefect.Wire.Grpc;
using Praefect.Wire.Nodes;

namespace Praefect.Gateway.Metadata;

/// <summary>What a request to a node carries beyond the client's metadata.</summary>
/// <param name="Transaction">Value of <c>gitaly-reference-transaction</c>; null: none.</param>
/// <param name="SidechannelId">The gateway's own id; null: no sidechannel.</param>
/// <param name="PartitioningHint">Replica path of the repository to be near to; null: none.</param>
/// <param name="FixFlags">The call reaches several nodes: feature flags get one value for all.</param>
internal readonly record struct NodeExtras(string? Transaction = null, long? SidechannelId = null, string? PartitioningHint = null, bool FixFlags = false);

/// <summary>
/// Makes requests to nodes: the client's metadata as it is, except for what the gateway answers for itself. HttpClient joins several values of one name
/// into one field, which Gitaly would not split again; two values still travel as two fields, one among the request's and one among the content's.
/// </summary>
internal sealed class NodeRequests(GatewayOptions options)
{
    private static readonly FrozenDictionary<string, Uri> s_addresses =
        RpcRegistry.All.Values.ToFrozenDictionary(m => m.Path, m => new Uri(NodeConnection.BaseAddress, m.Path), StringComparer.Ordinal);

    private readonly KeyValuePair<string, string>[] _flags =
    [
        .. options.FeatureFlags.Select(f => KeyValuePair.Create(MetadataKeys.FeatureFlagPrefix + f.Key.Replace('_', '-'), f.Value ? "true" : "false")),
    ];

    public HttpRequestMessage Create(ProxyCall call, GatewayNode node, NodeContent content, in NodeExtras extras)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, s_addresses[call.Method.Path])
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = content,
        };
        var headers = request.Headers;
        headers.TryAddWithoutValidation(MetadataKeys.Authorization, node.Connection.Authorization());
        headers.TryAddWithoutValidation("te", "trailers");
        headers.TryAddWithoutValidation(MetadataKeys.UserAgent, MetadataKeys.OwnUserAgent);
        headers.TryAddWithoutValidation(MetadataKeys.CorrelationId, call.CorrelationId);
        content.Headers.TryAddWithoutValidation("content-type", call.Http.Request.ContentType ?? "application/grpc");
        CopyClientMetadata(call, request, content);
        if (call.Method.Scope == RpcScope.Repository)
            headers.TryAddWithoutValidation(MetadataKeys.VirtualStorage, call.Nodes.Name);
        if (call.Deadline.TimeLeft is { } left)
            headers.TryAddWithoutValidation(MetadataKeys.GrpcTimeout, GrpcTimeout.Format(left));
        AddExtras(call, request, extras);
        return request;
    }

    private static void CopyClientMetadata(ProxyCall call, HttpRequestMessage request, NodeContent content)
    {
        foreach (var (name, values) in call.Http.Request.Headers)
        {
            if (!HeaderRules.PassesToNode(name))
                continue;
            if (values.Count == 1)
            {
                request.Headers.TryAddWithoutValidation(name, values[0]);
                continue;
            }

            for (var i = 0; i < values.Count; i++)
            {
                if (i != values.Count - 1 || !content.Headers.TryAddWithoutValidation(name, values[i]))
                    request.Headers.TryAddWithoutValidation(name, values[i]);
            }
        }
    }

    private void AddExtras(ProxyCall call, HttpRequestMessage request, in NodeExtras extras)
    {
        var headers = request.Headers;
        if (extras.Transaction is { } transaction)
            headers.TryAddWithoutValidation(MetadataKeys.ReferenceTransaction, transaction);
        if (extras.SidechannelId is { } sidechannel)
            headers.TryAddWithoutValidation(MetadataKeys.SidechannelId, sidechannel.ToString(CultureInfo.InvariantCulture));
        if (extras.PartitioningHint is { } hint)
            headers.TryAddWithoutValidation(MetadataKeys.PartitioningHint, hint);
        if (!extras.FixFlags)
            return;
        foreach (var (name, value) in _flags)
        {
            if (!call.Http.Request.Headers.ContainsKey(name))
                headers.TryAddWithoutValidation(name, value);
        }
    }
}

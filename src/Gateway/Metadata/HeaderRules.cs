using System.Collections.Frozen;

namespace Praefect.Gateway.Metadata;

/// <summary>Which header fields cross the gateway. Everything not named here passes as it is, binary keys included.</summary>
internal static class HeaderRules
{
    /// <summary>Fields of one connection (RFC 9110, 7.6.1) and those that gRPC's transport writes itself.</summary>
    private static readonly string[] s_perHop =
    [
        "connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade", "te", "host", "content-length", "date", "server", "alt-svc",
    ];

    /// <summary>What the gateway sets itself towards nodes: a client's own value would be a forgery or is spent on the way here.</summary>
    private static readonly FrozenSet<string> s_notToNodes = new HashSet<string>(
        [
            .. s_perHop, "content-type", MetadataKeys.UserAgent, MetadataKeys.Authorization, MetadataKeys.ReferenceTransaction, MetadataKeys.SidechannelId,
            MetadataKeys.PartitioningHint, MetadataKeys.VirtualStorage, MetadataKeys.CorrelationId,
        ],
        StringComparer.OrdinalIgnoreCase).ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    private static readonly FrozenSet<string> s_notToClients =
        new HashSet<string>([.. s_perHop, "content-type", "trailer"], StringComparer.OrdinalIgnoreCase).ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>Of the reserved names only those that describe the frames, which are not touched, and the tracing ones travel on.</summary>
    private static readonly FrozenSet<string> s_grpcToNodes =
        new HashSet<string>(["grpc-encoding", "grpc-accept-encoding", "grpc-trace-bin", "grpc-tags-bin"], StringComparer.OrdinalIgnoreCase)
            .ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether a client's field goes on to the nodes.</summary>
    public static bool PassesToNode(string name) =>
        name.Length > 0 && name[0] != ':' && !s_notToNodes.Contains(name)
        && (!name.StartsWith("grpc-", StringComparison.OrdinalIgnoreCase) || s_grpcToNodes.Contains(name));

    /// <summary>Whether a node's header or trailer goes on to the client.</summary>
    public static bool PassesToClient(string name) => name.Length > 0 && name[0] != ':' && !s_notToClients.Contains(name);
}

namespace Praefect.Gateway.Metadata;

/// <summary>Metadata keys that mean something to the gateway (Gitaly 16.11.6; <c>virtual_storage</c> since 18.7).</summary>
internal static class MetadataKeys
{
    public const string CorrelationId = "x-gitlab-correlation-id";
    public const string ClientName = "x-gitlab-client-name";
    public const string Authorization = "authorization";
    public const string ReferenceTransaction = "gitaly-reference-transaction";
    public const string SidechannelId = "gitaly-sidechannel-id";
    public const string AccessorPolicy = "gitaly-route-repository-accessor-policy";
    public const string PrimaryOnly = "primary-only";
    public const string PartitioningHint = "gitaly-partitioning-hint";
    public const string VirtualStorage = "virtual_storage";
    public const string FeatureFlagPrefix = "gitaly-feature-";
    public const string GrpcTimeout = "grpc-timeout";
    public const string GrpcStatus = "grpc-status";
    public const string GrpcMessage = "grpc-message";
    public const string UserAgent = "user-agent";
    public const string OwnUserAgent = "praefect-orleans";
}

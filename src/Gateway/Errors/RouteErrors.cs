using System.Collections.Frozen;
using Praefect.Grains.Routing;
using Praefect.Wire.Grpc;

namespace Praefect.Gateway.Errors;

/// <summary>What a call was doing when routing failed; becomes the prefix of the status message.</summary>
internal static class RoutePrefix
{
    public const string Accessor = "accessor call: route repository accessor: ";
    public const string Mutator = "mutator call: route repository mutator: ";
    public const string Creation = "route repository creation: ";
    public const string Maintenance = "routing repository maintenance: ";
    public const string GetObjectPool = "route RPC: ";
}

/// <summary>
/// The one table from <see cref="RouteFailure"/> to gRPC status. Codes and texts that Praefect 16.11 has are Praefect's; for what Praefect does not know,
/// UNAVAILABLE and RESOURCE_EXHAUSTED say that trying again helps.
/// </summary>
internal static class RouteErrors
{
    private static readonly FrozenDictionary<RouteFailure, Row> s_rows = new Dictionary<RouteFailure, Row>
    {
        [RouteFailure.VirtualStorageNotFound] = new(GrpcStatusCode.InvalidArgument, "storage name not found", Prefixed: false),
        [RouteFailure.NoHealthyNodes] = new(GrpcStatusCode.Internal, "no healthy nodes"),
        [RouteFailure.NoSuitableNode] = new(GrpcStatusCode.Internal, "no suitable node to serve the request"),
        [RouteFailure.PrimaryNotHealthy] = new(GrpcStatusCode.Internal, "primary gitaly is not healthy"),
        [RouteFailure.NoPrimary] = new(GrpcStatusCode.Internal, "no primary"),
        [RouteFailure.PrimaryNotAssigned] = new(GrpcStatusCode.Internal, "primary node is not assigned"),
        [RouteFailure.RepositoryNotFound] = new(GrpcStatusCode.NotFound, "repository not found", Prefixed: false),
        [RouteFailure.AdditionalRepositoryNotFound] = new(GrpcStatusCode.NotFound, "additional repository not found"),
        [RouteFailure.RepositoryAlreadyExists] = new(GrpcStatusCode.AlreadyExists, "reserve repository id: repository already exists"),
        [RouteFailure.ReadOnly] = new(GrpcStatusCode.FailedPrecondition, "repository is in read-only mode", Prefixed: false),
        [RouteFailure.CreationUnderWay] = new(GrpcStatusCode.Unavailable, "another creation of the repository is under way, try again"),
        [RouteFailure.Settling] = new(GrpcStatusCode.Unavailable, "a write was cut off and its outcome is being settled, try again"),
        [RouteFailure.TooManyTransactions] = new(GrpcStatusCode.ResourceExhausted, "the repository has too many writes under way, try again later"),
        [RouteFailure.TooManyWaiting] = new(GrpcStatusCode.ResourceExhausted, "too many writes of the repository wait for their turn, try again later"),
        [RouteFailure.TurnPending] = new(GrpcStatusCode.Unavailable, "other writes of the same references are under way, try again"),
        [RouteFailure.StoreUnavailable] = new(GrpcStatusCode.Unavailable, "repository state could not be stored, try again"),
        [RouteFailure.StorageNotFound] = new(GrpcStatusCode.InvalidArgument, "unknown storage", Prefixed: false),
        [RouteFailure.InvalidReplicationFactor] = new(GrpcStatusCode.InvalidArgument, "the replication factor cannot be had", Prefixed: false),
        [RouteFailure.RepositoryNotOnDisk] = new(GrpcStatusCode.NotFound, "the repository is not on the storage's disk", Prefixed: false),
        [RouteFailure.NodeUnreachable] = new(GrpcStatusCode.Unavailable, "a storage gave no answer, try again", Prefixed: false),
        [RouteFailure.InvalidRecord] = new(GrpcStatusCode.InvalidArgument, "the record cannot be imported", Prefixed: false),
        [RouteFailure.Stopping] = new(GrpcStatusCode.Unavailable, "the repository is moving to another silo, try again"),
    }.ToFrozenDictionary();

    /// <summary>Additional repository of an existing target (Praefect resolves it later than that of a creation, hence the longer text).</summary>
    public static GrpcStatus AdditionalNotFound(string prefix) => new(
        GrpcStatusCode.NotFound,
        prefix == RoutePrefix.Mutator ? prefix + "resolve additional replica path: additional repository not found" : prefix + "additional repository not found");

    /// <summary>The status for a failure.</summary>
    public static GrpcStatus Status(RouteFailure failure, string prefix)
    {
        if (failure == RouteFailure.AdditionalRepositoryNotFound)
            return AdditionalNotFound(prefix);
        var row = s_rows[failure];
        return new GrpcStatus(row.Code, row.Prefixed ? prefix + row.Text : row.Text);
    }

    /// <summary>The failure as an exception that ends the call.</summary>
    public static GrpcException Exception(RouteException e, string prefix) => new(Status(e.Failure, prefix), e);

    private sealed record Row(GrpcStatusCode Code, string Text, bool Prefixed = true);
}

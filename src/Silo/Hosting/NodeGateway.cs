using System.Runtime.CompilerServices;
using System.Text.Json;
using Grpc.Health.V1;
using Praefect.Grains.Nodes;
using Praefect.Silo.Metrics;
using Praefect.Wire.Contract;
using Praefect.Wire.Grpc;
using Praefect.Wire.Nodes;
using Praefect.Wire.Protos;

namespace Praefect.Silo.Hosting;

/// <summary>What grains ask of storage nodes, over the connections of this process.</summary>
public sealed class NodeGateway(NodeConnectionPool pool, TimeProvider time) : INodeGateway
{
    /// <inheritdoc/>
    public async Task<ProbeResult> ProbeAsync(NodeKey node, CancellationToken cancellationToken)
    {
        using var probe = NodeMetrics.Probe(node.Storage, time);
        var result = await AskAsync(node, cancellationToken);
        probe.Healthy = result.Healthy;
        return result;
    }

    private async Task<ProbeResult> AskAsync(NodeKey node, CancellationToken cancellationToken)
    {
        try
        {
            var answer = await Connection(node).Channel.UnaryAsync(
                "/grpc.health.v1.Health/Check", new HealthCheckRequest(), HealthCheckResponse.Parser, null, cancellationToken);
            return answer.Status == HealthCheckResponse.Types.ServingStatus.Serving
                ? ProbeResult.Serving
                : new ProbeResult(false, $"node answered {answer.Status}");
        }
        catch (GrpcException e)
        {
            return new ProbeResult(false, $"{e.Status.Code}: {e.Status.Message}");
        }
        catch (OperationCanceledException)
        {
            return ProbeResult.Late;
        }
    }

    /// <inheritdoc/>
    public async Task<string?> ChecksumAsync(NodeKey node, string replicaPath, CancellationToken cancellationToken)
    {
        try
        {
            var request = new CalculateChecksumRequest { Repository = At(node, replicaPath) };
            var answer = await CallAsync(node, "CalculateChecksum", request, CalculateChecksumResponse.Parser, null, cancellationToken);
            return answer.Checksum;
        }
        catch (NodeException e) when (e.InnerException is GrpcException { Status.Code: GrpcStatusCode.NotFound })
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public async Task ReplicateAsync(NodeKey target, NodeKey source, string replicaPath, CancellationToken cancellationToken)
    {
        using var job = NodeMetrics.Job(target, "update", time);
        var request = new ReplicateRepositoryRequest { Repository = At(target, replicaPath), Source = At(source, replicaPath) };
        try
        {
            var metadata = new GrpcMetadata { { "gitaly-servers", Servers(Connection(source).Options) } };
            await CallAsync(target, "ReplicateRepository", request, ReplicateRepositoryResponse.Parser, metadata, cancellationToken);
        }
        catch (NodeException e) when (IsSourceMissing(e))
        {
            throw new NodeException(e.Message, e) { SourceMissing = true };
        }
    }

    /// <inheritdoc/>
    public async Task<string?> PoolOfAsync(NodeKey node, string replicaPath, CancellationToken cancellationToken)
    {
        try
        {
            var request = new GetObjectPoolRequest { Repository = At(node, replicaPath) };
            var answer = await CallPoolAsync(node, "GetObjectPool", request, GetObjectPoolResponse.Parser, cancellationToken);
            return answer.ObjectPool?.Repository?.RelativePath is { Length: > 0 } path ? path : null;
        }
        catch (NodeException e) when (e.InnerException is GrpcException { Status.Code: GrpcStatusCode.NotFound or GrpcStatusCode.Unimplemented })
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public async Task SetPoolAsync(NodeKey node, string replicaPath, string? poolPath, CancellationToken cancellationToken)
    {
        var linked = await PoolOfAsync(node, replicaPath, cancellationToken);
        if (string.Equals(linked, poolPath, StringComparison.Ordinal))
            return;
        if (linked is not null)
        {
            var request = new DisconnectGitAlternatesRequest { Repository = At(node, replicaPath) };
            await CallPoolAsync(node, "DisconnectGitAlternates", request, DisconnectGitAlternatesResponse.Parser, cancellationToken);
        }

        if (poolPath is not null)
            await LinkAsync(node, replicaPath, poolPath, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task RemoveAsync(NodeKey node, string replicaPath, CancellationToken cancellationToken)
    {
        using var job = NodeMetrics.Job(node, "delete_replica", time);
        try
        {
            var request = new RemoveRepositoryRequest { Repository = At(node, replicaPath) };
            await CallAsync(node, "RemoveRepository", request, RemoveRepositoryResponse.Parser, null, cancellationToken);
        }
        catch (NodeException e) when (e.InnerException is GrpcException { Status.Code: GrpcStatusCode.NotFound })
        {
            // Gone already: that is what was asked for.
        }
    }

    /// <inheritdoc/>
    public async Task<bool> ExistsAsync(NodeKey node, string replicaPath, CancellationToken cancellationToken)
    {
        var request = new RepositoryExistsRequest { Repository = At(node, replicaPath) };
        return (await CallAsync(node, "RepositoryExists", request, RepositoryExistsResponse.Parser, null, cancellationToken)).Exists;
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<FoundRepository> WalkAsync(NodeKey node, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var request = new WalkReposRequest { StorageName = node.Storage };
        await using var walk = Connection(node).Channel
            .ServerStreamAsync(Methods.InternalGitaly.WalkRepos, request, WalkReposResponse.Parser, cancellationToken)
            .GetAsyncEnumerator(cancellationToken);
        while (await MovedAsync(walk, node))
            yield return new FoundRepository(walk.Current.RelativePath, walk.Current.ModificationTime?.ToDateTimeOffset());
    }

    private static async Task<bool> MovedAsync(IAsyncEnumerator<WalkReposResponse> walk, NodeKey node)
    {
        try
        {
            return await walk.MoveNextAsync();
        }
        catch (GrpcException e)
        {
            throw new NodeException($"WalkRepos on \"{node.Storage}\": {e.Status.Code}: {e.Status.Message}", e);
        }
    }

    /// <summary>The value of <c>gitaly-servers</c> that tells a node how to reach another one.</summary>
    internal static string Servers(NodeOptions source) => Convert.ToBase64String(JsonSerializer.SerializeToUtf8Bytes(
        new Dictionary<string, Dictionary<string, string>>(StringComparer.Ordinal)
        {
            [source.Storage] = new(StringComparer.Ordinal) { ["address"] = source.Address.Text, ["token"] = source.Token },
        }));

    private async Task LinkAsync(NodeKey node, string replicaPath, string poolPath, CancellationToken cancellationToken)
    {
        var request = new LinkRepositoryToObjectPoolRequest
        {
            Repository = At(node, replicaPath),
            ObjectPool = new ObjectPool { Repository = At(node, poolPath) },
        };
        try
        {
            await CallPoolAsync(node, "LinkRepositoryToObjectPool", request, LinkRepositoryToObjectPoolResponse.Parser, cancellationToken);
        }
        catch (NodeException e) when (e.Message.Contains("repositories are in different partitions", StringComparison.Ordinal))
        {
            // A node with transactions of its own links only within a partition. The copy is whole without the link.
        }
    }

    // Gitaly's text for a source that it cannot find.
    private static bool IsSourceMissing(NodeException e) =>
        e.InnerException is GrpcException { Status.Code: GrpcStatusCode.NotFound } failure
        && failure.Status.Message.Contains("invalid source repository", StringComparison.Ordinal);

    private static Repository At(NodeKey node, string replicaPath) => new() { StorageName = node.Storage, RelativePath = replicaPath };

    private NodeConnection Connection(NodeKey node) =>
        pool.TryGet(node.VirtualStorage, node.Storage) ?? throw new NodeException($"node \"{node.VirtualStorage}\"/\"{node.Storage}\" is not configured");

    private Task<TResponse> CallPoolAsync<TRequest, TResponse>(
        NodeKey node, string method, TRequest request, Google.Protobuf.MessageParser<TResponse> parser, CancellationToken cancellationToken)
        where TRequest : class, Google.Protobuf.IMessage
        where TResponse : class, Google.Protobuf.IMessage<TResponse> =>
        CallAsync(node, method, request, parser, metadata: null, cancellationToken, "ObjectPoolService");

    private async Task<TResponse> CallAsync<TRequest, TResponse>(
        NodeKey node, string method, TRequest request, Google.Protobuf.MessageParser<TResponse> parser, GrpcMetadata? metadata, CancellationToken cancellationToken,
        string service = "RepositoryService")
        where TRequest : class, Google.Protobuf.IMessage
        where TResponse : class, Google.Protobuf.IMessage<TResponse>
    {
        try
        {
            return await Connection(node).Channel.UnaryAsync(
                $"/gitaly.{service}/{method}", request, parser, new GrpcCallOptions { Metadata = metadata }, cancellationToken);
        }
        catch (GrpcException e)
        {
            throw new NodeException($"{method} on \"{node.Storage}\": {e.Status.Code}: {e.Status.Message}", e);
        }
    }
}

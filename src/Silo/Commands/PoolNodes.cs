using System.Runtime.CompilerServices;
using Praefect.Silo.CommandLine;
using Praefect.Silo.Configuration;
using Praefect.Silo.Hosting;
using Praefect.Wire.Contract;
using Praefect.Wire.Grpc;
using Praefect.Wire.Nodes;
using Praefect.Wire.Protos;

namespace Praefect.Silo.Commands;

/// <summary>What nodes are asked about object pools.</summary>
internal sealed class PoolNodes(CommandRun run, VirtualStorageOptions virtualStorage) : IAsyncDisposable
{
    private const int PathsAtOnce = 10_000;

    private readonly Dictionary<string, NodeConnection> _nodes = virtualStorage.Nodes.ToDictionary(
        static node => node.Storage, node => NodeConnections.To(run, virtualStorage.Name, node), StringComparer.Ordinal);

    /// <summary>Pairs of repository and pool on a storage's disk.</summary>
    public IAsyncEnumerable<ScanPoolMetadataResponse> ScanAsync(string storage, CancellationToken cancellationToken) => WithWordsAsync(
        $"scanning storage \"{storage}\" for pools",
        _nodes[storage].Channel.ServerStreamAsync(
            Methods.InternalGitaly.ScanPoolMetadata, new ScanPoolMetadataRequest { StorageName = storage }, ScanPoolMetadataResponse.Parser, cancellationToken),
        cancellationToken);

    /// <summary>The repository that each pool was made from, where GitLab names one. The first node asks; it has to know the virtual storage's name for that.</summary>
    public async Task<Dictionary<string, string>> UpstreamsAsync(IEnumerable<string> pools, CancellationToken cancellationToken)
    {
        var upstreams = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var chunk in pools.Chunk(PathsAtOnce))
        {
            var request = new ListPoolUpstreamsRequest { StorageName = virtualStorage.Name };
            request.PoolDiskPaths.AddRange(chunk);
            var answers = _nodes[virtualStorage.Nodes[0].Storage].Channel.ServerStreamAsync(
                Methods.InternalGitaly.ListPoolUpstreams, request, ListPoolUpstreamsResponse.Parser, cancellationToken);
            await foreach (var answer in WithWordsAsync("asking for the upstreams of pools", answers, cancellationToken))
            {
                foreach (var (pool, upstream) in answer.Upstreams)
                    upstreams[pool] = upstream;
            }
        }

        return upstreams;
    }

    /// <summary>Stores the whole list on every node.</summary>
    public async Task StoreAsync(PoolMembers members, Dictionary<string, string> upstreams, CancellationToken cancellationToken)
    {
        foreach (var (storage, node) in _nodes)
        {
            await using var call = node.Channel.Open<StorePoolMetadataRequest, StorePoolMetadataResponse>(
                Methods.InternalGitaly.StorePoolMetadata, StorePoolMetadataResponse.Parser, options: null, cancellationToken);
            try
            {
                foreach (var (member, pool) in members.Pairs)
                {
                    var upstream = upstreams.TryGetValue(pool, out var path) && string.Equals(path, member, StringComparison.Ordinal);
                    await call.WriteAsync(
                        new StorePoolMetadataRequest { StorageName = storage, RelativePath = member, PoolDiskPath = pool, IsUpstream = upstream }, cancellationToken);
                }

                await call.CompleteAsync(cancellationToken);
                await call.ReadAsync(cancellationToken);
                await call.ReadAsync(cancellationToken);
            }
            catch (GrpcException e)
            {
                throw new CommandException($"storing pool metadata on \"{storage}\": {e.InWords()}", e);
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes.Values)
            await node.DisposeAsync();
    }

    private static async IAsyncEnumerable<T> WithWordsAsync<T>(string doing, IAsyncEnumerable<T> answers, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var each = answers.GetAsyncEnumerator(cancellationToken);
        while (await NextAsync())
            yield return each.Current;

        async Task<bool> NextAsync()
        {
            try
            {
                return await each.MoveNextAsync();
            }
            catch (GrpcException e)
            {
                throw new CommandException($"{doing}: {e.InWords()}", e);
            }
        }
    }
}

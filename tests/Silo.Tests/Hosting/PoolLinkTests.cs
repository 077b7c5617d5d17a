using System.Net;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Praefect.Grains.Nodes;
using Praefect.Silo.Hosting;
using Praefect.Tests.Shared;
using Praefect.Wire.Backchannel;
using Praefect.Wire.Contract;
using Praefect.Wire.Grpc;
using Praefect.Wire.Nodes;
using Praefect.Wire.Protos;
using Praefect.Wire.Sidechannel;
using Praefect.Wire.Yamux;

namespace Praefect.Silo.Tests.Hosting;

/// <summary>What grains ask nodes about object pools and disks, on a node with one repository.</summary>
public sealed class PoolLinkTests : IAsyncLifetime
{
    private const string Path = "@cluster/repositories/6b/86/1";
    private static readonly NodeKey s_node = new("default", "gitaly-1");
    private readonly List<string> _calls = [];
    private Func<WalkReposRequest, IServerStreamWriter<WalkReposResponse>, Task>? _walk;
    private GrpcStatus? _link;
    private string? _pool;
    private WebApplication _node = null!;
    private NodeConnectionPool _connections = null!;
    private NodeGateway _gateway = null!;

    public async Task InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0, l => l.UseBackchannel(YamuxOptions.Accepting)));
        builder.Services.AddGrpcServing();
        _node = builder.Build();
        Script().Serve(_node);
        await _node.StartAsync();
        var address = _node.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        _connections = new NodeConnectionPool(
            [new NodeOptions("default", "gitaly-1", NodeAddress.Parse(address.Replace("http://", "tcp://", StringComparison.Ordinal)), string.Empty)],
            new SidechannelRegistry(), NoBackchannelAcceptor.Instance, new YamuxOptions(), TimeProvider.System, NullLoggerFactory.Instance);
        _gateway = new NodeGateway(_connections, TimeProvider.System);
    }

    public async Task DisposeAsync()
    {
        await _connections.DisposeAsync();
        await _node.DisposeAsync();
    }

    [Theory]
    [InlineData(null, null, "")]
    [InlineData("a", "a", "")]
    [InlineData(null, "a", "link")]
    [InlineData("b", "a", "unlink link")]
    [InlineData("b", null, "unlink")]
    public async Task A_repository_is_linked_to_the_pool_that_it_is_to_have(string? before, string? wanted, string calls)
    {
        _pool = before;
        ServePools(new GrpcStatus(GrpcStatusCode.OK, string.Empty));
        Assert.Equal(before, await _gateway.PoolOfAsync(s_node, Path, default));
        await _gateway.SetPoolAsync(s_node, Path, wanted, default);
        Assert.Equal(wanted, _pool);
        Assert.Equal(calls, string.Join(' ', _calls));
    }

    [Fact]
    public async Task A_node_that_knows_no_pools_has_no_links()
    {
        Assert.Null(await _gateway.PoolOfAsync(s_node, Path, default));
        await _gateway.SetPoolAsync(s_node, Path, null, default);
    }

    [Fact]
    public async Task A_link_that_a_node_with_partitions_refuses_is_done_without()
    {
        ServePools(new GrpcStatus(GrpcStatusCode.Internal, "begin transaction: repositories are in different partitions"));
        await _gateway.SetPoolAsync(s_node, Path, "a", default);
        Assert.Equal("link", Assert.Single(_calls));
    }

    [Fact]
    public async Task Any_other_failure_of_the_node_is_told()
    {
        ServePools(new GrpcStatus(GrpcStatusCode.FailedPrecondition, "no such object pool"));
        var e = await Assert.ThrowsAsync<NodeException>(() => _gateway.SetPoolAsync(s_node, Path, "a", default));
        Assert.Contains("LinkRepositoryToObjectPool on \"gitaly-1\": FailedPrecondition: no such object pool", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_disk_is_walked_with_the_time_of_each_change()
    {
        var changed = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
        ServeWalk(changed, broken: false);
        Assert.Equal([new("a.git", changed), new("b.git", null)], await _gateway.WalkAsync(s_node, default).ToListAsync());
    }

    [Fact]
    public async Task A_walk_that_breaks_off_is_an_error_of_the_node()
    {
        ServeWalk(default, broken: true);
        var e = await Assert.ThrowsAsync<NodeException>(async () => await _gateway.WalkAsync(s_node, default).ToListAsync());
        Assert.Equal("WalkRepos on \"gitaly-1\": Internal: disk", e.Message);
    }

    private void ServeWalk(DateTimeOffset changed, bool broken) => _walk = async (request, responses) =>
    {
        Assert.Equal("gitaly-1", request.StorageName);
        await responses.WriteAsync(new WalkReposResponse { RelativePath = "a.git", ModificationTime = Timestamp.FromDateTimeOffset(changed) }, default);
        if (broken)
            throw new GrpcException(new GrpcStatus(GrpcStatusCode.Internal, "disk"));
        await responses.WriteAsync(new WalkReposResponse { RelativePath = "b.git" }, default);
    };

    private void ServePools(GrpcStatus link) => _link = link;

    // What a test does not serve, the node does not know.
    private ScriptedMethods Script() => new ScriptedMethods()
        .ServerStream<WalkReposRequest, WalkReposResponse>(
            Methods.InternalGitaly.WalkRepos, WalkReposRequest.Parser, (request, _, responses) => (_walk ?? throw Unknown())(request, responses))
        .Unary<GetObjectPoolRequest, GetObjectPoolResponse>(Methods.ObjectPool.GetObjectPool, GetObjectPoolRequest.Parser, (request, _) =>
        {
            LinkAnswer();
            Assert.Equal(("gitaly-1", Path), (request.Repository.StorageName, request.Repository.RelativePath));
            var pool = _pool is null ? null : new ObjectPool { Repository = new Repository { StorageName = "gitaly-1", RelativePath = _pool } };
            return Task.FromResult(new GetObjectPoolResponse { ObjectPool = pool });
        })
        .Unary<DisconnectGitAlternatesRequest, DisconnectGitAlternatesResponse>(
            Methods.ObjectPool.DisconnectGitAlternates, DisconnectGitAlternatesRequest.Parser, (_, _) =>
        {
            LinkAnswer();
            _calls.Add("unlink");
            _pool = null;
            return Task.FromResult(new DisconnectGitAlternatesResponse());
        })
        .Unary<LinkRepositoryToObjectPoolRequest, LinkRepositoryToObjectPoolResponse>(
            Methods.ObjectPool.LinkRepositoryToObjectPool, LinkRepositoryToObjectPoolRequest.Parser, (request, _) =>
        {
            var link = LinkAnswer();
            _calls.Add("link");
            if (link.Code != GrpcStatusCode.OK)
                throw new GrpcException(link);
            Assert.Equal("gitaly-1", request.ObjectPool.Repository.StorageName);
            _pool = request.ObjectPool.Repository.RelativePath;
            return Task.FromResult(new LinkRepositoryToObjectPoolResponse());
        });

    private GrpcStatus LinkAnswer() => _link ?? throw Unknown();

    private static GrpcException Unknown() => new(GrpcStatusCode.Unimplemented, "unknown method");
}

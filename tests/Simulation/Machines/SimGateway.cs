using System.Collections.Immutable;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Praefect.Gateway;
using Praefect.Gateway.Accessors;
using Praefect.Gateway.Coordination;
using Praefect.Gateway.Grains;
using Praefect.Gateway.Intercepted;
using Praefect.Gateway.Nodes;
using Praefect.Gateway.Proxying;
using Praefect.Gateway.Telemetry;
using Praefect.Grains.Nodes;
using Praefect.Grains.Repositories;
using Praefect.Grains.Routing;
using Praefect.Simulation.Engine;
using Praefect.Wire.Grpc;

namespace Praefect.Simulation.Machines;

/// <summary>How a client's call ended.</summary>
internal enum ReplyKind
{
    /// <summary>Acknowledged.</summary>
    Ok,

    /// <summary>The primary said no.</summary>
    Failed,

    /// <summary>It was not begun.</summary>
    Refused,

    /// <summary>What became of it is open.</summary>
    Unknown,
}

/// <summary>What a client is told.</summary>
internal sealed record Reply(ReplyKind Kind, string Text, SortedDictionary<string, string>? Content = null);

/// <summary>A process with what the real gateway decides by, as a cluster's gateway has it. Only the ways to clients, grains and nodes are simulated.</summary>
internal sealed class SimGateway
{
    private readonly Cluster _cluster;
    private readonly GatewayOptions _options = GatewayOptions.ForCluster();
    private readonly VirtualStorageNodes _nodes;
    private readonly GrainPorts _ports;
    private readonly GrainCalls _grains;
    private readonly NodeEvidence _evidence;
    private readonly AccessorRoutes _routes;
    private readonly ReplicaReads _reads;
    private readonly TransactionDirectory _directory;
    private readonly WriteOpening _opening;
    private readonly WriteCoordinator _coordinator;
    private readonly WriteRenewal _renewal;
    private readonly RecordedRemoval _removal;

    public SimGateway(Cluster cluster, Host host, uint instance)
    {
        (_cluster, Host) = (cluster, host);
        _ports = new GrainPorts(cluster, host);
        _nodes = new VirtualStorageNodes(
            Cluster.VirtualStorage, [.. cluster.Nodes.Keys.Select(s => new GatewayNode(new NodeKey(Cluster.VirtualStorage, s), connection: null))]);
        var services = new ServiceCollection();
        services.AddSingleton<ILoggerFactory>(new TraceLoggers(host, cluster.Oracle.Turns));
        services.AddSingleton(typeof(ILogger<>), typeof(Logger<>));
        services.AddSingleton(host.Time);
        services.AddSingleton<IGatewayGrains>(_ports);
        services.AddSingleton(new RandomChoice(cluster.World.Random.NextUInt64()));
        services.AddSingleton(new TransactionDirectory(instance));
        services.AddDecisions(_options);
        var provider = services.BuildServiceProvider();
        _grains = provider.GetRequiredService<GrainCalls>();
        _evidence = provider.GetRequiredService<NodeEvidence>();
        _routes = provider.GetRequiredService<AccessorRoutes>();
        _reads = provider.GetRequiredService<ReplicaReads>();
        _directory = provider.GetRequiredService<TransactionDirectory>();
        _opening = provider.GetRequiredService<WriteOpening>();
        _coordinator = provider.GetRequiredService<WriteCoordinator>();
        _renewal = provider.GetRequiredService<WriteRenewal>();
        _removal = provider.GetRequiredService<RecordedRemoval>();
        Votes = provider.GetRequiredService<VoteRelay>();

        // Nobody reads them, and they are the operating system process' own: every run would leave some behind.
        _ = provider.GetRequiredService<GatewayMetrics>();
        provider.GetRequiredService<IMeterFactory>().Dispose();
    }

    public Host Host { get; }

    /// <summary>What nodes call.</summary>
    public VoteRelay Votes { get; }

    public void Start() => _ = Host.Run(() => _renewal.RunAsync(CancellationToken.None));

    /// <summary>A read, of one of the replicas that may serve it.</summary>
    public async Task<Reply> ReadAsync(RepositoryKey key, bool forcePrimary, CancellationToken clientGone)
    {
        SortedDictionary<string, string>? content = null;
        try
        {
            var route = await _routes.GetAsync(key, _nodes, forcePrimary, clientGone);
            var end = await _reads.RunAsync(_nodes, route.Storages, repeatable: true, async node =>
            {
                var called = await CallAsync(
                    node,
                    async (machine, _, _) =>
                    {
                        content = await machine.ReadAsync(route.ReplicaPath);
                        return new NodeAnswer(0, string.Empty);
                    },
                    clientGone);
                if (called.ConnectionLost)
                    _evidence.Unreachable(node, called.Message);
                return called;
            });
            return end.Ok ? new Reply(ReplyKind.Ok, string.Empty, content) : new Reply(ReplyKind.Failed, end.Message);
        }
        catch (Exception e)
        {
            return new Reply(ReplyKind.Failed, TextOf(e));
        }
    }

    /// <summary>A write on a repository, or its creation.</summary>
    public async Task<Reply> WriteAsync(RepositoryKey key, Change change, CancellationToken clientGone)
    {
        var id = _directory.NextId();
        if (change.Kind == ChangeKind.Update && change.Votes)
            _cluster.Oracle.Turns.Asked(id, key.ToString(), change.Reference);
        MutatorRoute route;
        try
        {
            route = await OpenAsync(key, id, change, clientGone);
        }
        catch (Exception e)
        {
            return new Reply(ReplyKind.Refused, TextOf(e));
        }

        if (route.Creates || !change.Votes)
            _cluster.Oracle.GoesAhead(id, route.ReplicaPath);
        _ports.Opened(id, route.ReplicaPath);
        _cluster.World.Trace.Add(Host.Name, $"{id:x}: {change} on {route.ReplicaPath} at {route.Primary} with {string.Join(", ", route.Secondaries)}");
        using var deadline = new CallDeadline(timeout: null, Host.Time, clientGone);
        var reply = await _coordinator.RunAsync(
            new WriteCall(key, change.Votes, deadline, clientGone), route, new SimWrite(this, _cluster.Network, change, id, route.ReplicaPath));
        _cluster.World.Trace.Add(Host.Name, $"{id:x}: {change.Value} {reply.Status?.Message ?? reply.Primary.Message} ({reply.Status?.Code ?? reply.Primary.Code})");
        if (reply.Status is { } status)
            return new Reply(ReplyKind.Unknown, status.Message);
        if (!reply.Acknowledged)
            return new Reply(ReplyKind.Failed, reply.Primary.Message);
        _cluster.Oracle.Acknowledge(route.ReplicaPath, change);
        return new Reply(ReplyKind.Ok, string.Empty);
    }

    /// <summary>Removes a repository.</summary>
    public async Task<Reply> RemoveAsync(RepositoryKey key, CancellationToken clientGone)
    {
        try
        {
            return await _removal.RunAsync(key, DeleteAsync, clientGone) ? new Reply(ReplyKind.Ok, string.Empty) : new Reply(ReplyKind.Failed, "not found");
        }
        catch (Exception e)
        {
            return new Reply(ReplyKind.Unknown, TextOf(e));
        }
    }

    /// <summary>Something that an operator asks of a repository.</summary>
    public async Task<Reply> OperateAsync(RepositoryKey key, Func<IRepositoryGrain, CancellationToken, Task> operation, CancellationToken clientGone)
    {
        try
        {
            await _grains.CallAsync(
                key, operation, static (grain, run, token) => run(grain, token), _options.FinishAttemptTimeout, _options.FinishAttemptTimeout * 2, clientGone);
            return new Reply(ReplyKind.Ok, string.Empty);
        }
        catch (Exception e)
        {
            return new Reply(ReplyKind.Unknown, TextOf(e));
        }
    }

    /// <summary>The node of a storage, as this gateway knows it.</summary>
    public GatewayNode? NodeOf(string storage) => _nodes.TryGet(storage, out var node) ? node : null;

    /// <summary>A call to a node, and how it ended as a gateway sees it.</summary>
    public async Task<CallEnd> CallAsync(GatewayNode node, Func<SimNode, Host, CancellationToken, Task<NodeAnswer>> call, CancellationToken cancellationToken)
    {
        var machine = _cluster.Nodes[node.Storage];
        var process = machine.Host;
        var connected = process.Alive;
        node.Enter();
        try
        {
            var answer = await _cluster.Network.CallAsync(Host, process, token => call(machine, process, token), cancellationToken);
            node.Answered();
            return new CallEnd((GrpcStatusCode)answer.Code, answer.Message, CallBreak.None);
        }
        catch (Exception) when (cancellationToken.IsCancellationRequested)
        {
            return new CallEnd(GrpcStatusCode.Cancelled, "call was cut off", CallBreak.BeforeAnswer) { CutOff = true };
        }
        catch (Exception e)
        {
            return new CallEnd(GrpcStatusCode.Unavailable, e.Message, connected ? CallBreak.BeforeAnswer : CallBreak.NotSent) { ConnectionLost = true };
        }
        finally
        {
            node.Leave();
        }
    }

    private static string TextOf(Exception e) => e is RouteException r ? r.Failure.ToString() : e.Message;

    private Task<MutatorRoute> OpenAsync(RepositoryKey key, ulong id, Change change, CancellationToken cancellationToken)
    {
        var avoid = _nodes.Avoided(Host.Time.GetTimestamp());
        if (change.Kind == ChangeKind.Create)
            return _opening.OpenAsync(key, new CreationRequest(id, "/gitaly.Simulation/Create", change.Votes, avoid, null, Upsert: false), cancellationToken);
        ImmutableArray<string> turns = change is { Votes: true, Pushed: false } ? [change.Reference] : [];
        return _opening.OpenAsync(key, new MutatorRequest(id, "/gitaly.Simulation/Write", change.Votes, avoid) { Turns = turns }, cancellationToken);
    }

    // What is left of a repository without a record takes space and does no harm.
    private async Task DeleteAsync(string storage, string replicaPath)
    {
        _cluster.Oracle.Removing(storage, replicaPath);
        using var timeout = new CancellationTokenSource(_options.RemoveTimeout, Host.Time);
        await CallAsync(
            NodeOf(storage)!,
            async (machine, _, _) =>
            {
                await machine.RemoveAsync(replicaPath);
                return new NodeAnswer(0, string.Empty);
            },
            timeout.Token);
    }
}

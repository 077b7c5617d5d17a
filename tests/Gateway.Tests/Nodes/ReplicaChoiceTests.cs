using System.Collections.Immutable;
using Microsoft.Extensions.Logging.Abstractions;
using Praefect.Gateway.Nodes;
using Praefect.Grains.Nodes;
using Praefect.Wire.Backchannel;
using Praefect.Wire.Nodes;
using Praefect.Wire.Sidechannel;
using Praefect.Wire.Yamux;

namespace Praefect.Gateway.Tests.Nodes;

public sealed class ReplicaChoiceTests : IAsyncLifetime
{
    private const int Times = 3000;
    private static readonly ImmutableArray<string> s_storages = ["a", "b", "c"];
    private readonly ImmutableArray<GatewayNode> _nodes = [.. s_storages.Select(s => new GatewayNode(new NodeKey("default", s), Connection(s)))];
    private readonly ReplicaChoice _choice = new(new RandomChoice(7), TimeProvider.System);

    private VirtualStorageNodes All => new("default", _nodes);

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (var node in _nodes)
            await node.Connection.DisposeAsync();
    }

    [Fact]
    public void Of_two_replicas_taken_at_random_the_one_with_fewer_calls_in_flight_is_read()
    {
        Load(0, 1, 2);
        var chosen = Choose();
        // Every pair with a is a's, which is two in three; b has what is left, and c never is the less loaded of two.
        Assert.InRange(chosen["a"], Times * 60 / 100, Times * 73 / 100);
        Assert.InRange(chosen["b"], Times * 27 / 100, Times * 40 / 100);
        Assert.Equal(0, chosen["c"]);
    }

    [Fact]
    public void Among_replicas_of_one_load_chance_decides()
    {
        Load(1, 1, 1);
        Assert.All(Choose().Values, count => Assert.InRange(count, Times * 27 / 100, Times * 40 / 100));
    }

    [Fact]
    public void A_call_that_has_ended_counts_no_more()
    {
        Load(2, 2, 3);
        _nodes[2].Leave();
        _nodes[2].Leave();
        Assert.InRange(Choose()["c"], Times * 60 / 100, Times * 73 / 100);
    }

    [Fact]
    public void A_replica_that_could_not_be_reached_lately_is_read_only_when_there_is_no_other()
    {
        _nodes[0].AvoidUntil(long.MaxValue - 1);
        Load(0, 5, 5);
        Assert.Equal(0, Choose()["a"]);
        Assert.Same(_nodes[0], _choice.Choose(All, ["a"]));
        Assert.Same(_nodes[0], _choice.Choose(All, ["a", "b"], except: _nodes[1]));
        Assert.Null(_choice.Choose(All, ["a"], except: _nodes[0]));
    }

    [Fact]
    public void Only_replicas_of_the_route_are_read_however_idle_others_are()
    {
        Load(0, 9, 9);
        Assert.All(Enumerable.Range(0, 100), _ => Assert.NotSame(_nodes[0], _choice.Choose(All, ["b", "c"])));
    }

    private Dictionary<string, int> Choose()
    {
        var counts = s_storages.ToDictionary(s => s, _ => 0, StringComparer.Ordinal);
        for (var i = 0; i < Times; i++)
            counts[_choice.Choose(All, s_storages)!.Storage]++;
        return counts;
    }

    private void Load(params int[] calls)
    {
        for (var i = 0; i < calls.Length; i++)
        {
            for (var call = 0; call < calls[i]; call++)
                _nodes[i].Enter();
        }
    }

    // Never dialled: connections are made on first use.
    private static NodeConnection Connection(string storage) => new(
        new NodeOptions("default", storage, NodeAddress.Parse("tcp://127.0.0.1:1"), string.Empty),
        new SidechannelRegistry(), NoBackchannelAcceptor.Instance, new YamuxOptions(), TimeProvider.System, NullLoggerFactory.Instance);
}

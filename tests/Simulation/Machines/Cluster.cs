using Praefect.Grains;
using Praefect.Grains.Nodes;
using Praefect.Simulation.Checks;
using Praefect.Simulation.Engine;

namespace Praefect.Simulation.Machines;

/// <summary>Everything that runs: a silo (two while one takes over from another), a gateway, nodes, the database, and the network between them.</summary>
internal sealed class Cluster
{
    public const string VirtualStorage = "default";
    private readonly List<Silo> _silos = [];
    private int _siloCount;
    private int _gatewayCount;

    public Cluster(World world, Oracle oracle, int nodes, int factor)
    {
        World = world;
        Oracle = oracle;
        Network = new Network(world);
        Store = new SimStore(world);
        Nodes = Enumerable.Range(1, nodes).Select(i => new SimNode(world, new SimDisk($"node-{i}"), oracle.Lied)).ToDictionary(n => n.Storage);
        Options = new GrainOptions
        {
            VirtualStorages = [new VirtualStorageOptions { Name = VirtualStorage, Storages = [.. Nodes.Keys], DefaultReplicationFactor = factor }],
            RepairTimeout = TimeSpan.FromSeconds(20),
            RepairMaxBackoff = TimeSpan.FromSeconds(10),
        };
        Store.Written += oracle.Recorded;
        Store.Read += oracle.Read;
        foreach (var node in Nodes.Values)
            node.Disk.Changed += oracle.DiskChanged;
        oracle.Disks = Nodes.ToDictionary(n => n.Key, n => n.Value.Disk);
        Gateway = NewGateway();
        StartSilo();
    }

    public World World { get; }

    public Oracle Oracle { get; }

    public Network Network { get; }

    public SimStore Store { get; }

    public Dictionary<string, SimNode> Nodes { get; }

    public GrainOptions Options { get; }

    public SimGateway Gateway { get; private set; }

    public IReadOnlyList<Silo> Silos => _silos;

    /// <summary>A silo that answers; while two live, either may be the one that a call reaches.</summary>
    public Silo? Reach()
    {
        var alive = _silos.Where(s => s.Host.Alive).ToArray();
        return alive.Length == 0 ? null : alive.Length == 1 ? alive[0] : World.Random.Pick(alive);
    }

    public Silo StartSilo()
    {
        _silos.RemoveAll(s => !s.Host.Alive);
        foreach (var older in _silos)
        {
            older.Superseded = true;
            Oracle.Supersede(older.Host);
        }

        var host = new Host(World, $"silo-{++_siloCount}");
        var silo = Silo.Start(host, Options, Store, new NodePorts(host, Network, Nodes, Oracle.Removing), new SimCatalogue(Oracle), Oracle.Turns);
        _silos.Add(silo);
        return silo;
    }

    public void RestartGateway()
    {
        Gateway.Host.Kill();
        Gateway = NewGateway();
    }

    private SimGateway NewGateway()
    {
        var gateway = new SimGateway(this, new Host(World, $"gateway-{++_gatewayCount}"), (uint)_gatewayCount);
        gateway.Start();
        return gateway;
    }
}

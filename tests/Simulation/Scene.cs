using Praefect.Grains.Repositories;
using Praefect.Simulation.Checks;
using Praefect.Simulation.Engine;
using Praefect.Simulation.Load;
using Praefect.Simulation.Machines;

namespace Praefect.Simulation;

/// <summary>What a run consists of: how many nodes, repositories and clients, and which faults, is the seed's choice.</summary>
internal sealed class Scene
{
    private readonly World _world;
    private readonly SimRandom _random;
    private readonly Client[] _clients;
    private readonly double _reads;

    public Scene(World world, Faults only)
    {
        _world = world;
        _random = world.Random.Fork();
        Oracle = new Oracle(world);
        var faults = (Draw(_random) | DrawLate(world.Seed)) & only;
        var nodes = _random.Chance(0.8) ? 3 : 2 + _random.Next(4);
        var factor = _random.Chance(0.7) ? 0 : 1 + _random.Next(nodes);
        world.Trace.Add("run", $"{nodes} nodes, default replication factor {factor}, faults: {faults}");
        _reads = _random.Pick([0.2, 0.35, 0.7]);
        Cluster = new Cluster(world, Oracle, nodes, factor);
        Repositories = [.. Enumerable.Range(1, 1 + _random.Next(3)).Select(i => new RepositoryKey(Cluster.VirtualStorage, $"r{i}"))];
        _clients = [.. Enumerable.Range(0, 2 + _random.Next(4)).Select(i => NewClient((char)('a' + i), faults))];
        var operators = new Operators(Cluster, new Host(world, "operator"), Repositories, _random.Fork());
        Nemesis = new Nemesis(Cluster, operators, faults, _random.Fork());
        foreach (var client in _clients)
            client.Start();
    }

    public Oracle Oracle { get; }

    public Cluster Cluster { get; }

    public Nemesis Nemesis { get; }

    public IReadOnlyList<RepositoryKey> Repositories { get; }

    public void EndFaults()
    {
        Nemesis.Stop();
        foreach (var client in _clients)
            client.Stopped = _random.Chance(0.5);
    }

    public void EndWork()
    {
        foreach (var client in _clients)
            client.Stopped = true;
    }

    /// <summary>Starts to write to every repository until a write is acknowledged.</summary>
    public Dictionary<RepositoryKey, Task> Probe()
    {
        var host = new Host(_world, "client-z");
        var prober = new Client(Cluster, host, Repositories, _random.Fork());
        return Repositories.ToDictionary(r => r, r => host.Run(() => prober.WriteUntilAcknowledgedAsync(r)));
    }

    /// <summary>Why not all replicas that are meant to be are the same; null: they are.</summary>
    public string? NotLevel(RepositoryKey key)
    {
        if (Oracle.RecordOf(key.ToString()) is not { Generation: >= 0 } record || Oracle.IsOnNoDisk(record))
            return null;
        var explicitly = Cluster.Nodes.Keys.Where(n => record.Assignments?.Contains(n) == true).ToArray();
        var behind = (explicitly.Length > 0 ? explicitly : [.. Cluster.Nodes.Keys])
            .Where(s => record.Replicas.All(r => r.Storage != s || r.Generation != record.Generation)).ToArray();
        if (behind.Length > 0)
            return $"{string.Join(", ", behind)} behind";
        return record.OpenWrites.IsEmpty ? Oracle.Difference(key.ToString()) : "a write is open";
    }

    /// <summary>Nobody can write to it: see <see cref="Oracle.IsOnNoDisk"/> and <see cref="Oracle.IsNotOnThePrimarysDisk"/>.</summary>
    public bool IsOnNoDisk(RepositoryKey key) => Oracle.RecordOf(key.ToString()) is { } record && (Oracle.IsOnNoDisk(record) || Oracle.IsNotOnThePrimarysDisk(record));

    private static Faults Draw(SimRandom random)
    {
        var faults = Faults.None;
        foreach (var fault in Enum.GetValues<Faults>())
        {
            if (fault is not (Faults.None or Faults.All or Faults.DisksOld) && random.Chance(0.4))
                faults |= fault;
        }

        return faults;
    }

    // What came later picks from a source of its own: a seed in docs/track-record.md must go on meaning what it did.
    private static Faults DrawLate(ulong seed) => new SimRandom(~seed).Chance(0.1) ? Faults.DisksOld : Faults.None;

    private Client NewClient(char name, Faults faults) => new(Cluster, new Host(_world, $"client-{name}"), Repositories, _random.Fork())
    {
        Reads = _reads,
        Removals = faults.HasFlag(Faults.Removals) ? 0.05 : 0,
        Voteless = faults.HasFlag(Faults.Voteless) ? 0.15 : 0,
    };
}

using Praefect.Simulation.Engine;
using Praefect.Simulation.Machines;

namespace Praefect.Simulation.Load;

/// <summary>Injects one fault after another, several at once where they last, until it is told to stop; then everything works again.</summary>
internal sealed class Nemesis(Cluster cluster, Operators operators, Faults faults, SimRandom random)
{
    private readonly List<Action> _menu = [];
    private bool _stopped;

    /// <summary>How many faults were injected, by kind.</summary>
    public Dictionary<Faults, int> Injected { get; } = [];

    private World World => cluster.World;

    public void Start()
    {
        Offer(Faults.NodesDie, () => KillNode(random.Pick([.. cluster.Nodes.Values])));
        Offer(Faults.NodesHang, () => HangNode(random.Pick([.. cluster.Nodes.Values])));
        Offer(Faults.NodesLie, Lie);
        Offer(Faults.NetworkCuts, Cut);
        Offer(Faults.NetworkLoses, () => During(500, 6000, () => cluster.Network.Loss = 0.02 + (random.Next(10) / 50.0), () => cluster.Network.Loss = 0));
        Offer(Faults.NetworkSlow, () => During(500, 6000, () => cluster.Network.Slowness = 0.3, () => cluster.Network.Slowness = 0));
        Offer(Faults.StoreFails, () => During(100, 4000, () => cluster.Store.Failures = 0.3, () => cluster.Store.Failures = 0));
        Offer(Faults.StoreDown, () => During(100, 5000, () => cluster.Store.Down = true, () => cluster.Store.Down = false));
        Offer(Faults.StoreSlow, () => During(500, 5000, () => cluster.Store.Slowness = 0.5, () => cluster.Store.Slowness = 0));
        Offer(Faults.SilosDie, KillSilo);
        Offer(Faults.SilosHang, HangSilo);
        Offer(Faults.Duplicates, Duplicate);
        Offer(Faults.GatewaysDie, KillGateway);
        Offer(Faults.Operators, operators.Act);
        Offer(Faults.DisksOld, () => RestoreDisk(random.Pick([.. cluster.Nodes.Values])));
        Next();
    }

    /// <summary>From here on nothing breaks any more.</summary>
    public void Stop()
    {
        _stopped = true;
        cluster.Network.Heal();
        (cluster.Network.Loss, cluster.Network.Slowness) = (0, 0);
        (cluster.Store.Failures, cluster.Store.Slowness, cluster.Store.Down) = (0, 0, false);
        foreach (var node in cluster.Nodes.Values)
        {
            node.Lie = Machines.Lie.None;
            node.Host.Resume();
            node.Host.DieAfter(null);
            node.Restart();
        }

        if (!cluster.Gateway.Host.Alive)
            cluster.RestartGateway();
        cluster.Gateway.Host.DieAfter(null);
        foreach (var silo in cluster.Silos.Where(s => s.Superseded))
            silo.Host.Kill();
        foreach (var silo in cluster.Silos)
        {
            silo.Host.Resume();
            silo.Host.DieAfter(null);
        }

        if (!cluster.Silos.Any(s => s.Host.Alive))
            cluster.StartSilo();
        World.Trace.Add("nemesis", "stops");
    }

    private void Offer(Faults fault, Action inject)
    {
        if (!faults.HasFlag(fault))
            return;
        _menu.Add(() =>
        {
            Injected[fault] = Injected.GetValueOrDefault(fault) + 1;
            World.Trace.Add("nemesis", fault.ToString());
            inject();
        });
    }

    private void Next()
    {
        if (_stopped || _menu.Count == 0)
            return;
        World.After(random.Milliseconds(20, 3000), () =>
        {
            if (_stopped)
                return;
            random.Pick(_menu)();
            Next();
        });
    }

    private void During(int shortest, int longest, Action begin, Action end)
    {
        begin();
        Later(shortest, longest, end);
    }

    private void Later(int shortest, int longest, Action end) => World.After(random.Milliseconds(shortest, longest), () =>
    {
        if (!_stopped)
            end();
    });

    // At any step: after so many more, whatever these are, or else a little later.
    private void KillNode(SimNode node)
    {
        var host = node.Host;
        host.DieAfter(random.Next(60));
        Later(40, 60, host.Kill);
        Later(70, 8000, node.Restart);
    }

    // The machine was lost, and comes back with what its backup had.
    private void RestoreDisk(SimNode node)
    {
        var backup = node.Disk.Backup();
        Later(100, 6000, () =>
        {
            node.Host.Kill();
            World.Trace.Add(node.Storage, "its disk is put back");
            cluster.Oracle.Restoring(node.Disk, backup);
            node.Disk.Restore(backup);
            Later(70, 8000, node.Restart);
        });
    }

    private void KillGateway()
    {
        cluster.Gateway.Host.DieAfter(random.Next(200));
        Later(10, 500, cluster.RestartGateway);
    }

    private void HangNode(SimNode node)
    {
        var host = node.Host;
        host.Hang();
        Later(50, 8000, host.Resume);
    }

    private void Lie()
    {
        var node = random.Pick([.. cluster.Nodes.Values]);
        During(200, 3000, () => node.Lie = random.Chance(0.5) ? Machines.Lie.SkipsChange : Machines.Lie.VotesOtherwise, () => node.Lie = Machines.Lie.None);
    }

    private void Cut()
    {
        string[] names = [.. cluster.Nodes.Keys, .. cluster.Silos.Select(s => s.Host.Name), cluster.Gateway.Host.Name];
        var a = random.Pick(names);
        var b = random.Pick(names);
        During(200, 6000, () => cluster.Network.Cut(a, b), cluster.Network.Heal);
    }

    private void KillSilo()
    {
        foreach (var silo in cluster.Silos)
            silo.Host.DieAfter(random.Next(400));
        Later(100, 4000, () =>
        {
            if (!cluster.Silos.Any(s => s.Host.Alive))
                cluster.StartSilo();
        });
        Later(4100, 4200, () =>
        {
            if (!cluster.Silos.Any(s => s.Host.Alive))
                cluster.StartSilo();
        });
    }

    private void HangSilo()
    {
        if (cluster.Reach() is { } silo)
        {
            silo.Host.Hang();
            Later(50, 5000, silo.Host.Resume);
        }
    }

    // The others take it for dead: another one starts beside it. It goes on, or comes back from a hang, before it learns of that and ends.
    private void Duplicate()
    {
        if (cluster.Silos.Count(s => s.Host.Alive) != 1 || cluster.Reach() is not { } older)
            return;
        if (random.Chance(0.5))
        {
            older.Host.Hang();
            Later(500, 5000, older.Host.Resume);
        }

        cluster.StartSilo();
        Later(300, 8000, older.Host.Kill);
    }
}

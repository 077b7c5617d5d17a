using Praefect.Grains.Repositories;
using Praefect.Simulation.Engine;
using Praefect.Simulation.Load;

namespace Praefect.Simulation;

/// <summary>What came of a run.</summary>
/// <param name="Seed">Which.</param>
/// <param name="Violation">What was found wrong; null: nothing.</param>
/// <param name="Hash">Stands for everything that happened.</param>
/// <param name="Steps">Turns that ran.</param>
/// <param name="Acknowledged">Writes that clients were told of.</param>
/// <param name="Injected">Faults by kind.</param>
/// <param name="Looks">How many times a replica was compared with what was promised.</param>
/// <param name="Trouble">What the faults led to.</param>
internal sealed record RunResult(
    ulong Seed, string? Violation, ulong Hash, long Steps, int Acknowledged, IReadOnlyDictionary<Faults, int> Injected, long Looks, Trouble Trouble);

/// <summary>What faults led to that is not counted as one.</summary>
/// <param name="CallsLost">Calls, or their answers, that never arrived.</param>
/// <param name="CallsRepeated">Calls that arrived twice.</param>
/// <param name="StoreFailures">Requests that the store failed, before or after it had carried them out.</param>
/// <param name="Conflicts">Writes that it refused, since their record had been written by another.</param>
internal readonly record struct Trouble(long CallsLost, long CallsRepeated, long StoreFailures, long Conflicts);

/// <summary>
/// One run: a while with faults, then the demand that everything works again, then the demand that all replicas are level.
/// Runs on the thread of the pool, from start to end.
/// </summary>
internal static class Run
{
    private static readonly TimeSpan WritableWithin = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LevelWithin = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan Slice = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Breath = TimeSpan.FromSeconds(8);

    public static async Task<RunResult> ExecuteAsync(ulong seed, TextWriter? trace = null, Faults only = Faults.All)
    {
        Watchdog.Begin(seed);
        var world = new World(seed, new Trace(trace));
        Scene? scene = null;
        await world.DoAsync(() => scene = new Scene(world, only));
        await world.RunUntilAsync(world.Random.Milliseconds(300, 2000));
        await world.DoAsync(() => scene!.Nemesis.Start());
        await world.RunUntilAsync(world.Elapsed + world.Random.Milliseconds(5000, 25000));
        await world.DoAsync(scene!.EndFaults);
        await DemandWritableAsync(world, scene);
        await world.DoAsync(scene.EndWork);
        await DemandLevelAsync(world, scene);
        var (network, store) = (scene.Cluster.Network, scene.Cluster.Store);
        var trouble = new Trouble(network.Lost, network.Repeated, store.Faults, store.Conflicts);
        return new RunResult(seed, world.Violation, world.Trace.Hash, world.Steps, scene.Oracle.Acknowledged, scene.Nemesis.Injected, scene.Oracle.Looks, trouble);
    }

    private static async Task DemandWritableAsync(World world, Scene scene)
    {
        Dictionary<RepositoryKey, Task> waiting = [];
        await world.DoAsync(() => waiting = scene.Probe());
        await world.RunUntilAsync(world.Elapsed + WritableWithin, () => waiting.All(w => w.Value.IsCompleted || scene.IsOnNoDisk(w.Key)));
        foreach (var (key, _) in waiting.Where(w => !w.Value.IsCompleted && !scene.IsOnNoDisk(w.Key)))
            world.Fail($"{key} takes no write {WritableWithin.TotalSeconds} s after the last fault: {scene.Oracle.TextOf(key.ToString())}");
    }

    private static async Task DemandLevelAsync(World world, Scene scene)
    {
        await world.RunUntilAsync(world.Elapsed + Breath);
        // Time stands still once something was found wrong.
        for (var end = world.Elapsed + LevelWithin; world.Violation is null && world.Elapsed < end && scene.Repositories.Any(r => scene.NotLevel(r) is not null);)
            await world.RunUntilAsync(world.Elapsed + Slice);
        foreach (var key in scene.Repositories)
        {
            if (scene.NotLevel(key) is { } reason)
                world.Fail($"{key} is not level {LevelWithin.TotalSeconds} s after the last write: {reason}; {scene.Oracle.TextOf(key.ToString())}");
        }
    }
}

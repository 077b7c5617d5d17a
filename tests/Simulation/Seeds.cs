using System.Globalization;
using Praefect.Simulation.Load;

namespace Praefect.Simulation;

/// <summary>What came of many runs.</summary>
internal sealed class Summary
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<Faults, long> _injected = [];
    private ulong _hash;
    private long _steps;
    private long _looks;
    private long _conflicts;
    private long _lost;
    private long _repeated;
    private long _storeFaults;
    private int _runs;

    public List<RunResult> Failed { get; } = [];

    public long Acknowledged { get; private set; }

    public void Add(RunResult result)
    {
        lock (_gate)
        {
            _runs++;
            // Independent of the order in which runs end.
            _hash ^= result.Hash;
            _steps += result.Steps;
            _looks += result.Looks;
            _conflicts += result.Trouble.Conflicts;
            _lost += result.Trouble.CallsLost;
            _repeated += result.Trouble.CallsRepeated;
            _storeFaults += result.Trouble.StoreFailures;
            Acknowledged += result.Acknowledged;
            foreach (var (fault, count) in result.Injected)
                _injected[fault] = _injected.GetValueOrDefault(fault) + count;
            if (result.Violation is not null)
                Failed.Add(result);
        }
    }

    public string Text(TimeSpan elapsed) => string.Create(
        CultureInfo.InvariantCulture,
        $"{_runs} seeds in {elapsed.TotalSeconds:F0} s, {Failed.Count} failed; {Acknowledged} writes acknowledged, {_injected.Values.Sum()} faults, {_steps} steps, {_looks} looks at replicas; all traces {_hash:x16}\n" +
        $"faults: {string.Join(", ", _injected.Select(i => $"{i.Key} {i.Value}"))}\n" +
        $"of them came {_lost} calls or answers lost, {_repeated} calls repeated, {_storeFaults} requests failed by the store, {_conflicts} writes refused by their ETag");
}

/// <summary>Runs many seeds. A process runs one at a time, since all of it is one thread; so several processes share them.</summary>
internal static class Seeds
{
    public static async Task<Summary> RunAsync(
        ulong from, ulong count, bool untilFailure, Faults only, Action<ulong> begins, Action<RunResult> failed)
    {
        var summary = new Summary();
        for (var seed = from; seed < from + count && !(untilFailure && summary.Failed.Count > 0); seed++)
        {
            begins(seed);
            var result = await Simulation.Run.ExecuteAsync(seed, null, only);
            summary.Add(result);
            if (result.Violation is not null)
                failed(result);
        }

        return summary;
    }
}

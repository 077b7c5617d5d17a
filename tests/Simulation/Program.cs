using System.Diagnostics;
using System.Globalization;

namespace Praefect.Simulation;

/// <summary>Runs seeds. <c>--seeds N [--from M] [--until-failure]</c>: many; <c>--seed N [--trace]</c>: one.</summary>
internal static class Program
{
    private const string Usage = "usage: --seeds N [--from M] [--until-failure] | --seed N [--trace]";

    // The whole of it on the one thread of the pool: the main thread only waits for the end.
    public static Task<int> Main(string[] args) => Task.Run(() => RunAsync(args));

    private static async Task<int> RunAsync(string[] args)
    {
        ulong? Value(string name) => Array.IndexOf(args, name) is >= 0 and var at && at + 1 < args.Length &&
            ulong.TryParse(args[at + 1], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
        if (Value("--seed") is { } seed)
            return await OneAsync(seed, args.Contains("--trace"));
        if (Value("--seeds") is { } count)
            return await ManyAsync(Value("--from") ?? 1, count, args.Contains("--until-failure"));
        Console.Error.WriteLine(Usage);
        return 2;
    }

    private static async Task<int> OneAsync(ulong seed, bool trace)
    {
        var result = await Run.ExecuteAsync(seed, trace ? Console.Out : null);
        Console.WriteLine($"seed {seed}: {result.Violation ?? "nothing wrong"} (trace {result.Hash:x16}, {result.Steps} steps, {result.Acknowledged} writes acknowledged)");
        return result.Violation is null ? 0 : 1;
    }

    private static async Task<int> ManyAsync(ulong from, ulong count, bool untilFailure)
    {
        var started = Stopwatch.GetTimestamp();
        var summary = await Seeds.RunAsync(from, count, untilFailure, result => Console.WriteLine($"seed {result.Seed}: {result.Violation}\n  replay: tests/Simulation/run.sh --seed {result.Seed} --trace"));
        Console.WriteLine(summary.Text(Stopwatch.GetElapsedTime(started)));
        return summary.Failed.Count == 0 ? 0 : 1;
    }
}

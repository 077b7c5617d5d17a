using System.Diagnostics;
using System.Globalization;
using Praefect.Simulation.Load;

namespace Praefect.Simulation;

/// <summary>
/// Runs seeds. <c>--seeds N [--from M] [--until-failure] [--progress]</c>: many; <c>--seed N [--trace]</c>: one; <c>--faults A,B</c>: only of these kinds.
/// </summary>
internal static class Program
{
    private const string Usage = "usage: --seeds N [--from M] [--until-failure] [--progress] | --seed N [--trace]; [--faults NAME,NAME] with either";

    // The whole of it on the one thread of the pool: the main thread only waits for the end.
    public static Task<int> Main(string[] args) => Task.Run(() => RunAsync(args));

    private static async Task<int> RunAsync(string[] args)
    {
        string? Text(string name) => Array.IndexOf(args, name) is >= 0 and var at && at + 1 < args.Length ? args[at + 1] : null;
        ulong? Value(string name) => ulong.TryParse(Text(name), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
        if (!Enum.TryParse<Faults>(Text("--faults") ?? nameof(Faults.All), out var only) || (Value("--seed") ?? Value("--seeds")) is null)
        {
            await Console.Error.WriteLineAsync(Usage);
            return 2;
        }

        Watchdog.Start();
        return Value("--seed") is { } seed
            ? await OneAsync(seed, args.Contains("--trace"), only)
            : await ManyAsync(Value("--from") ?? 1, Value("--seeds")!.Value, args.Contains("--until-failure"), args.Contains("--progress"), only);
    }

    private static async Task<int> OneAsync(ulong seed, bool trace, Faults only)
    {
        var result = await Run.ExecuteAsync(seed, trace ? Console.Out : null, only);
        Console.WriteLine($"seed {seed}: {result.Violation ?? "nothing wrong"} (trace {result.Hash:x16}, {result.Steps} steps, {result.Acknowledged} writes acknowledged)");
        return result.Violation is null ? 0 : 1;
    }

    private static async Task<int> ManyAsync(ulong from, ulong count, bool untilFailure, bool progress, Faults only)
    {
        var started = Stopwatch.GetTimestamp();
        var filter = only == Faults.All ? string.Empty : $" --faults {only.ToString().Replace(" ", string.Empty, StringComparison.Ordinal)}";
        var summary = await Seeds.RunAsync(
            from,
            count,
            untilFailure,
            only,
            progress ? static seed => Console.Error.WriteLine($"seed {seed} begins") : static _ => { },
            result => Console.WriteLine($"seed {result.Seed}: {result.Violation}\n  replay: tests/Simulation/run.sh --seed {result.Seed}{filter} --trace"));
        Console.WriteLine(summary.Text(Stopwatch.GetElapsedTime(started)));
        return summary.Failed.Count == 0 ? 0 : 1;
    }
}

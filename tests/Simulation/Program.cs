using System.Diagnostics;
using System.Globalization;

namespace Praefect.Simulation;

/// <summary>Runs seeds. <c>--seeds N [--from M] [--until-failure]</c>: many; <c>--seed N [--trace]</c>: one.</summary>
internal static class Program
{
    private const string Usage = "usage: --seeds N [--from M] [--until-failure] | --seed N [--trace]";

    public static int Main(string[] args)
    {
        ulong? Value(string name) => Array.IndexOf(args, name) is >= 0 and var at && at + 1 < args.Length &&
            ulong.TryParse(args[at + 1], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
        if (Value("--seed") is { } seed)
            return One(seed, args.Contains("--trace"));
        if (Value("--seeds") is { } count)
            return Many(Value("--from") ?? 1, count, args.Contains("--until-failure"));
        Console.Error.WriteLine(Usage);
        return 2;
    }

    private static int One(ulong seed, bool trace)
    {
        var result = Run.Execute(seed, trace ? Console.Out : null);
        Console.WriteLine($"seed {seed}: {result.Violation ?? "nothing wrong"} (trace {result.Hash:x16}, {result.Steps} steps, {result.Acknowledged} writes acknowledged)");
        return result.Violation is null ? 0 : 1;
    }

    private static int Many(ulong from, ulong count, bool untilFailure)
    {
        var started = Stopwatch.GetTimestamp();
        var summary = Seeds.Run(from, count, untilFailure, result => Console.WriteLine($"seed {result.Seed}: {result.Violation}\n  replay: tests/Simulation/run.sh --seed {result.Seed} --trace"));
        Console.WriteLine(summary.Text(Stopwatch.GetElapsedTime(started)));
        return summary.Failed.Count == 0 ? 0 : 1;
    }
}

using System.Collections.Immutable;

namespace Praefect.Benchmarks.Scale;

/// <summary>A load with what it cost: rate, median in microseconds, and microseconds of CPU a call for each process that was watched.</summary>
internal sealed record CallFigures(long Calls, double PerSecond, double P50, ImmutableArray<double> Processors, long Errors, string FirstError)
{
    /// <summary>Bytes allocated a call, by whom it was asked of; the scrapes' own share included.</summary>
    public ImmutableArray<double> Allocated { get; init; } = [];

    /// <summary>Runs a load and reads the processes' CPU before and after.</summary>
    public static async Task<CallFigures> MeasureAsync(
        RepositoryLoad load, TimeSpan time, ImmutableArray<Func<double>> processors, CancellationToken cancellationToken)
    {
        var before = processors.Select(static seconds => seconds()).ToArray();
        var figures = await load.ForAsync(time, cancellationToken);
        return new CallFigures(
            figures.Calls,
            figures.PerSecond,
            figures.P50,
            [.. processors.Select((seconds, i) => (seconds() - before[i]) * 1_000_000 / Math.Max(1, figures.Calls + figures.Errors))],
            figures.Errors,
            figures.FirstError);
    }

    /// <summary>The median of each figure for itself.</summary>
    public static CallFigures Median(IReadOnlyList<CallFigures> runs) => new(
        runs.Sum(static run => run.Calls),
        Report.Median(runs.Select(static run => run.PerSecond)),
        Report.Median(runs.Select(static run => run.P50)),
        [.. Enumerable.Range(0, runs[0].Processors.Length).Select(i => Report.Median(runs.Select(run => run.Processors[i])))],
        runs.Sum(static run => run.Errors),
        runs.Select(static run => run.FirstError).FirstOrDefault(static error => error.Length > 0) ?? string.Empty)
    {
        Allocated = [.. Enumerable.Range(0, runs[0].Allocated.Length).Select(i => Report.Median(runs.Select(run => run.Allocated[i])))],
    };
}

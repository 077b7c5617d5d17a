using System.Diagnostics;

namespace Praefect.Benchmarks.Scale;

/// <summary>A process that nobody calls: memory, and CPU as a share of one core.</summary>
internal sealed record IdleFigures(double ResidentBytes, double HeapBytes, double Core)
{
    // What a start leaves to be done (compilation in the background, first connections) is over by then.
    private static readonly TimeSpan s_settling = TimeSpan.FromSeconds(5);

    public static async Task<IdleFigures> MeasureAsync(PraefectProcess process, TimeSpan time, CancellationToken cancellationToken)
    {
        await Task.Delay(s_settling, TimeProvider.System, cancellationToken);
        var (start, before) = (Stopwatch.GetTimestamp(), process.ProcessorSeconds);
        await Task.Delay(time, TimeProvider.System, cancellationToken);
        var core = (process.ProcessorSeconds - before) / Stopwatch.GetElapsedTime(start).TotalSeconds;
        return new IdleFigures(process.ResidentBytes, (await process.ScrapeAsync(cancellationToken)).HeapBytes, core);
    }
}

using Praefect.Benchmarks.Proxy;

namespace Praefect.Benchmarks.Scale;

/// <summary>
/// Part 2: the same calls where little is there besides them, and where much is: repositories on record and active, nodes in the virtual storage, idle streams. All
/// processes run at the same time and take turns, so that what the machine does meanwhile befalls all of them.
/// </summary>
internal sealed class UnusedPart(ScaleBed bed, ScaleOptions options, Report report)
{
    private const int Few = 16;
    private const int Active = 1_000;
    private const int Callers = 8;
    private static readonly TimeSpan s_idle = TimeSpan.FromSeconds(10);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var few = await bed.DatabaseAsync("few", Few, cancellationToken);
        var fewToo = await bed.DatabaseAsync("nodes", Few, cancellationToken);
        var many = await bed.DatabaseAsync("many", options.Repositories, cancellationToken);
        await using var little = await bed.StartAsync(new PraefectSetup("unused-few", "all", few), cancellationToken);
        await using var crowded = await bed.StartAsync(new PraefectSetup("unused-nodes", "all", fewToo, ScaleBed.MostStorages), cancellationToken);
        await using var much = await bed.StartAsync(new PraefectSetup("unused-many", "all", many), cancellationToken);
        var fewPaths = await PathsAsync(few, Few, cancellationToken);
        var manyPaths = await PathsAsync(many, Math.Min(Active, options.Repositories), cancellationToken);
        var subjects = new Subject[]
        {
            new($"{Few} repositories, {PraefectSetup.UsualStorages} nodes", little, fewPaths),
            new($"{Report.Number(options.Repositories)} on record, {Report.Number(manyPaths.Count)} active", much, manyPaths),
            new($"{Few} repositories, {ScaleBed.MostStorages} nodes", crowded, fewPaths),
        };
        foreach (var subject in subjects)
            await new RepositoryLoad(subject.Process.Address, subject.Paths, LoadOperation.RefExists, Callers).ForAsync(options.Load, cancellationToken);

        report.Heading("What is not used costs nothing");
        report.Columns("beside the calls", "process to ready", "resident", "of a core, idle", "RefExists, 1 caller, p50", "CPU a call, 8 callers", "errors");
        await CompareAsync(subjects, cancellationToken);

        await using var streams = new OpenStreams();
        var (before, heap) = (much.ResidentBytes, (await much.ScrapeAsync(cancellationToken)).HeapBytes);
        await streams.OpenAsync(much.Address, manyPaths, options.Streams, cancellationToken);
        await CompareAsync([subjects[0], subjects[1] with { What = $"{subjects[1].What}, {Report.Number(options.Streams)} idle streams" }], cancellationToken);
        var (after, heapAfter) = (much.ResidentBytes, (await much.ScrapeAsync(cancellationToken)).HeapBytes);
        report.Say(
            $"\n{Report.Number(options.Streams)} streams on {streams.Connections} connections: {Report.Number((double)(after - before) / options.Streams)} bytes resident a stream, {Report.Number((heapAfter - heap) / options.Streams)} of them on the managed heap. Each is one call of the client and one to a node.");
    }

    private async Task CompareAsync(Subject[] subjects, CancellationToken cancellationToken)
    {
        var idle = await Task.WhenAll(subjects.Select(subject => IdleFigures.MeasureAsync(subject.Process, s_idle, cancellationToken)));
        var (alone, together) = (subjects.Select(static _ => new List<CallFigures>()).ToArray(), subjects.Select(static _ => new List<CallFigures>()).ToArray());
        for (var repetition = 0; repetition < options.Repetitions; repetition++)
        {
            for (var i = 0; i < subjects.Length; i++)
            {
                alone[i].Add(await MeasureAsync(subjects[i], 1, cancellationToken));
                together[i].Add(await MeasureAsync(subjects[i], Callers, cancellationToken));
            }
        }

        for (var i = 0; i < subjects.Length; i++)
        {
            var (one, eight) = (CallFigures.Median(alone[i]), CallFigures.Median(together[i]));
            report.Row(
                subjects[i].What, Report.Time(subjects[i].Process.Ready), Report.Megabytes(idle[i].ResidentBytes), Report.OfACore(idle[i].Core),
                Report.Microseconds(one.P50), Report.Microseconds(eight.Processors[0]), Report.Errors(one.Errors + eight.Errors, one.FirstError + eight.FirstError));
        }
    }

    private Task<CallFigures> MeasureAsync(Subject subject, int callers, CancellationToken cancellationToken) => CallFigures.MeasureAsync(
        new RepositoryLoad(subject.Process.Address, subject.Paths, LoadOperation.RefExists, callers), options.Load, [() => subject.Process.ProcessorSeconds], cancellationToken);

    private async Task<IReadOnlyList<string>> PathsAsync(string name, int count, CancellationToken cancellationToken)
    {
        await using var database = bed.Open(name);
        return await GeneratedRepositories.PathsAsync(database, 0, count, cancellationToken);
    }

    private sealed record Subject(string What, PraefectProcess Process, IReadOnlyList<string> Paths);
}

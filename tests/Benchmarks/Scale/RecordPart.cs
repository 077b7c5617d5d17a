using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using Npgsql;
using Praefect.Benchmarks.Proxy;

namespace Praefect.Benchmarks.Scale;

/// <summary>Part 1: what many repositories on record cost: the database, starts, reports, cold routes, and memory by active grains.</summary>
internal sealed class RecordPart(ScaleBed bed, ScaleOptions options, Report report, Findings findings)
{
    private const int Few = 16;
    private const int ColdRoutes = 1_000;
    private const int Callers = 16;
    private static readonly TimeSpan s_idle = TimeSpan.FromSeconds(10);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var few = await bed.DatabaseAsync("few", Few, cancellationToken);
        var many = await bed.DatabaseAsync("many", options.Repositories, cancellationToken);
        await using var database = bed.Open(many);
        await SizeAsync(database, cancellationToken);
        await StartsAsync(few, many, cancellationToken);
        await using var silo = await bed.StartAsync(new PraefectSetup("record-silo", "silo", many), cancellationToken);
        await using (var gateway = await bed.StartAsync(new PraefectSetup("record-gateway", "gateway", many), cancellationToken))
        {
            await ReportsAsync(database, gateway, cancellationToken);
            await RoutesAsync(database, silo, gateway, cancellationToken);
        }

        await UnavailableAsync(many, cancellationToken);
    }

    private async Task SizeAsync(NpgsqlDataSource database, CancellationToken cancellationToken)
    {
        await using var size = database.CreateCommand("SELECT pg_database_size(current_database())");
        var bytes = (long)(await size.ExecuteScalarAsync(cancellationToken))!;
        report.Heading("Many repositories on record");
        report.Say($"{Report.Number(options.Repositories)} repositories with three replicas each on {PraefectSetup.UsualStorages} storages: a database of {Report.Megabytes(bytes)}, {Report.Number((double)bytes / options.Repositories)} bytes a repository.\n");
    }

    private async Task StartsAsync(string few, string many, CancellationToken cancellationToken)
    {
        report.Columns("start of", "on record", "process to ready", "of which by praefect's log", "resident, idle", "managed heap", "of a core, idle");
        await StartAsync("all in one", "all", few, Few, cancellationToken);
        await StartAsync("all in one", "all", many, options.Repositories, cancellationToken);
        await StartAsync("silo", "silo", many, options.Repositories, cancellationToken);
    }

    private async Task StartAsync(string what, string role, string database, int repositories, CancellationToken cancellationToken)
    {
        await using var process = await bed.StartAsync(new PraefectSetup($"start-{role}", role, database) { Verifies = true }, cancellationToken);
        var logged = await process.LoggedStartAsync(cancellationToken);
        var idle = await IdleFigures.MeasureAsync(process, s_idle, cancellationToken);
        report.Row(
            what, Report.Number(repositories), Report.Time(process.Ready), Report.Time(logged), Report.Megabytes(idle.ResidentBytes), Report.Megabytes(idle.HeapBytes), Report.OfACore(idle.Core));
    }

    private async Task ReportsAsync(NpgsqlDataSource database, PraefectProcess gateway, CancellationToken cancellationToken)
    {
        var path = (await GeneratedRepositories.PathsAsync(database, options.Repositories / 2, 1, cancellationToken))[0];
        report.Say(string.Empty);
        report.Columns("command", "takes", "lines");
        ImmutableArray<string> named = ["-virtual-storage", PraefectSetup.VirtualStorage, "-relative-path", path];
        await CommandAsync("`list-storages` (asks nobody: the start of the process)", ["list-storages"]);
        await CommandAsync("`metadata` by path", ["metadata", .. named]);
        await CommandAsync("`metadata` by id", ["metadata", "-repository-id", (options.Repositories / 3).ToString(CultureInfo.InvariantCulture)]);
        await CommandAsync("`explain`", ["explain", .. named]);
        await CommandAsync("`dataloss`, nothing lost", ["dataloss"]);
        await CommandAsync("`dataloss -partially-unavailable`", ["dataloss", "-partially-unavailable"]);
        await CommandAsync("`list-untracked-repositories` of empty disks", ["list-untracked-repositories"]);
        var start = Stopwatch.GetTimestamp();
        var counts = await gateway.CountAsync(cancellationToken);
        report.Row("a scrape of `/db_metrics`", Report.Time(Stopwatch.GetElapsedTime(start)), Report.Number(counts.AsSpan().Count('\n')));

        async Task CommandAsync(string title, ImmutableArray<string> arguments)
        {
            var (time, lines) = await bed.RunCommandAsync(gateway.Configuration, arguments, cancellationToken);
            report.Row(title, Report.Time(time), Report.Number(lines));
        }
    }

    private async Task RoutesAsync(NpgsqlDataSource database, PraefectProcess silo, PraefectProcess gateway, CancellationToken cancellationToken)
    {
        // Compiles everything that a first call needs, on repositories of its own from the far end.
        var warmUp = await GeneratedRepositories.PathsAsync(database, options.Repositories - ColdRoutes, ColdRoutes, cancellationToken);
        await new RepositoryLoad(gateway.Address, warmUp, LoadOperation.RefExists, Callers).OnceAsync(cancellationToken);

        var first = await GeneratedRepositories.PathsAsync(database, 0, ColdRoutes, cancellationToken);
        var load = new RepositoryLoad(gateway.Address, first, LoadOperation.RefExists, 1);
        var before = await silo.ScrapeAsync(cancellationToken);
        report.Say(string.Empty);
        report.Columns($"RefExists of {Report.Number(ColdRoutes)} repositories, 1 caller", "p50", "p99", "errors");
        foreach (var title in new[] { "first call: its grain starts and reads its record", "second call" })
        {
            var figures = await load.OnceAsync(cancellationToken);
            report.Row(title, Report.Microseconds(figures.P50), Report.Microseconds(figures.P99), Report.Errors(figures.Errors, figures.FirstError));
        }

        report.Say(string.Empty);
        report.Columns("active grains", "silo, resident", "silo, managed heap", "heap a grain", "starts a second, 16 callers");
        report.Row(Report.Number(before.Repositories), Report.Megabytes(silo.ResidentBytes), Report.Megabytes(before.HeapBytes), "", "");
        var active = 0;
        foreach (var count in options.ActiveGrains)
        {
            var paths = await GeneratedRepositories.PathsAsync(database, active, count - active, cancellationToken);
            var figures = await new RepositoryLoad(gateway.Address, paths, LoadOperation.RefExists, Callers).OnceAsync(cancellationToken);
            active = count;
            var after = await silo.ScrapeAsync(cancellationToken);
            findings.SiloBytesAGrain = (after.HeapBytes - before.HeapBytes) / Math.Max(1, after.Repositories - before.Repositories);
            report.Row(
                Report.Number(after.Repositories), Report.Megabytes(silo.ResidentBytes), Report.Megabytes(after.HeapBytes), $"{Report.Number(findings.SiloBytesAGrain)} bytes",
                count == ColdRoutes ? "" : Report.Number(figures.PerSecond));
        }
    }

    private async Task UnavailableAsync(string many, CancellationToken cancellationToken)
    {
        const int Away = 3;
        await using var process = await bed.StartAsync(new PraefectSetup("away", "all", many) { Away = Away }, cancellationToken);
        var (time, lines) = await bed.RunCommandAsync(process.Configuration, ["dataloss"], cancellationToken);
        report.Say($"\n`dataloss` with {Away} of {PraefectSetup.UsualStorages} storages away, one repository in 30 unavailable: {Report.Time(time)}, {Report.Number(lines)} lines.");
    }
}

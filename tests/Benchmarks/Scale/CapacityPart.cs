namespace Praefect.Benchmarks.Scale;

/// <summary>Part 5: what clusters carry, on paper, from the figures of parts 1 and 3 and the commits that this machine's Postgres makes.</summary>
internal sealed class CapacityPart(ScaleBed bed, ScaleOptions options, Report report, Findings findings)
{
    private const double Cores = 4;
    private const double Busy = 0.7;
    private const double GrainMemory = 6d * 1024 * 1024 * 1024;
    private const double Core = 1_000_000; // microseconds a second

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        report.Heading("On paper: what 3, 10 and 100 silos carry");
        if (findings is not { Read.Silo: > 0, Write.Silo: > 0, SiloBytesAGrain: > 0, CommitsAWrite: > 0 })
        {
            report.Say("Needs parts 1 and 3 in the same run.");
            return;
        }

        var many = await bed.DatabaseAsync("many", options.Repositories, cancellationToken);
        await using var database = bed.Open(many);
        var (commits, postgres) = await CommitRate.MeasureAsync(database, bed.Postgres.Id, options.Repositories, options.Load, cancellationToken);
        var (read, write, bytes) = (findings.Read, findings.Write, findings.SiloBytesAGrain);
        var writesOfPostgres = commits / findings.CommitsAWrite;
        report.Say(FormattableString.Invariant($"Silos and gateways of {Cores} cores that are busy for {Busy * 100:F0} % of the time, 6 GB of a silo for grains. From above: a read costs the gateway {read.Gateway:F0} µs and the silo {read.Silo:F0} µs, a voted write {write.Gateway:F0} µs, {write.Silo:F0} µs and {findings.CommitsAWrite:F2} transactions; an active grain {bytes:F0} bytes. Postgres here: {Report.Number(commits)} transactions a second on 32 connections, {Report.Number(postgres)} µs of CPU each.\n"));
        report.Columns("silos", "reads a second", "gateways for them", "voted writes a second by the silos' CPU", "by one Postgres like this", "active repositories", "first limit of writes");
        foreach (var silos in new[] { 3, 10, 100 })
        {
            var processor = silos * Cores * Busy * Core;
            var (reads, writes) = (processor / read.Silo, processor / write.Silo);
            report.Row(
                Report.Number(silos), Report.Number(reads), Report.Number(Math.Ceiling(reads * read.Gateway / (Cores * Busy * Core))), Report.Number(writes), Report.Number(writesOfPostgres),
                Report.Number(silos * GrainMemory / bytes), writes > writesOfPostgres ? "Postgres" : "the silos' CPU");
        }

        report.Say(FormattableString.Invariant(
            $"\nReads: silos × {Cores} × {Busy} × 1,000,000 µs / {read.Silo:F0} µs. Writes: the same / {write.Silo:F0} µs; Postgres: {commits:F0} / {findings.CommitsAWrite:F2}. Repositories: silos × 6 GB / {bytes:F0} bytes."));
    }
}

using System.Diagnostics;
using Praefect.Benchmarks.Proxy;

namespace Praefect.Benchmarks.Scale;

/// <summary>Part 4: where the grains are with three silos from the start, and where they and the CPU go when silos join under load.</summary>
internal sealed class SpreadPart(ScaleBed bed, ScaleOptions options, Report report)
{
    private const int Batch = 3_000;
    private const int Silos = 3;
    private const int Callers = 16;

    // Longer than silos take to tell each other of a new one, and gateways to read the list of silos.
    private static readonly TimeSpan s_joined = TimeSpan.FromSeconds(10);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var many = await bed.DatabaseAsync("many", options.Repositories, cancellationToken);
        await using var database = bed.Open(many);
        var batches = new List<IReadOnlyList<string>>();
        for (var i = 0; i < Silos; i++)
            batches.Add(await GeneratedRepositories.PathsAsync(database, i * Batch, Batch, cancellationToken));
        report.Heading("Where grains live");
        report.Columns("silos", "load", "active grains by silo", "calls a second", "of a core: gateway", "by silo", "errors");
        await FromTheStartAsync(many, batches[0], cancellationToken);
        await JoiningAsync(many, batches, cancellationToken);
    }

    private async Task FromTheStartAsync(string many, IReadOnlyList<string> paths, CancellationToken cancellationToken)
    {
        await using var members = new Members();
        for (var i = 0; i < Silos; i++)
            await members.AddSiloAsync(bed, many, cancellationToken);
        members.Gateway = await bed.StartAsync(new PraefectSetup("spread-gateway", "gateway", many), cancellationToken);
        await new RepositoryLoad(members.Gateway.Address, paths, LoadOperation.RefExists, Callers).OnceAsync(cancellationToken);
        await MeasureAsync("three from the start", members, paths, cancellationToken);
    }

    private async Task JoiningAsync(string many, List<IReadOnlyList<string>> batches, CancellationToken cancellationToken)
    {
        await using var members = new Members();
        await members.AddSiloAsync(bed, many, cancellationToken);
        members.Gateway = await bed.StartAsync(new PraefectSetup("join-gateway", "gateway", many), cancellationToken);
        IReadOnlyList<string> used = batches[0];
        await new RepositoryLoad(members.Gateway.Address, used, LoadOperation.RefExists, Callers).OnceAsync(cancellationToken);
        await MeasureAsync("one", members, used, cancellationToken);
        for (var i = 1; i < Silos; i++)
        {
            // The load goes on while the silo starts and joins.
            using var joined = new CancellationTokenSource();
            var load = UntilAsync(members.Gateway.Address, used, joined.Token);
            try
            {
                await members.AddSiloAsync(bed, many, cancellationToken);
                await Task.Delay(s_joined, TimeProvider.System, cancellationToken);
            }
            finally
            {
                await joined.CancelAsync();
            }

            var errors = await load;
            await MeasureAsync($"{Report.Number(i + 1)}, joined under load ({Report.Number(errors)} errors meanwhile)", members, used, cancellationToken);
            used = [.. used, .. batches[i]];
            await new RepositoryLoad(members.Gateway.Address, batches[i], LoadOperation.RefExists, Callers).OnceAsync(cancellationToken);
            await MeasureAsync($"{Report.Number(i + 1)}, and {Report.Number(Batch)} more repositories in use", members, used, cancellationToken);
        }
    }

    private async Task<long> UntilAsync(Uri gateway, IReadOnlyList<string> paths, CancellationToken over)
    {
        var errors = 0L;
        while (!over.IsCancellationRequested)
            errors += (await new RepositoryLoad(gateway, paths, LoadOperation.RefExists, Callers).ForAsync(options.Load, CancellationToken.None)).Errors;
        return errors;
    }

    private async Task MeasureAsync(string title, Members members, IReadOnlyList<string> paths, CancellationToken cancellationToken)
    {
        var processes = members.Silos.Prepend(members.Gateway!).ToArray();
        var before = processes.Select(static process => process.ProcessorSeconds).ToArray();
        var start = Stopwatch.GetTimestamp();
        var load = await new RepositoryLoad(members.Gateway!.Address, paths, LoadOperation.RefExists, Callers).ForAsync(options.Load, cancellationToken);
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        var cores = processes.Select((process, i) => Report.OfACore((process.ProcessorSeconds - before[i]) / seconds, 0)).ToArray();
        var grains = new List<string>();
        foreach (var silo in members.Silos)
            grains.Add(Report.Number((await silo.ScrapeAsync(cancellationToken)).Repositories));
        report.Row(
            title, $"{Report.Number(paths.Count)} repositories in turn", string.Join(" / ", grains), Report.Number(load.PerSecond), cores[0], string.Join(" / ", cores.Skip(1)),
            Report.Errors(load.Errors, load.FirstError));
    }

    private sealed class Members : IAsyncDisposable
    {
        public List<PraefectProcess> Silos { get; } = [];

        public PraefectProcess? Gateway { get; set; }

        public async Task AddSiloAsync(ScaleBed bed, string database, CancellationToken cancellationToken) =>
            Silos.Add(await bed.StartAsync(new PraefectSetup($"silo-{Silos.Count + 1}", "silo", database), cancellationToken));

        public async ValueTask DisposeAsync()
        {
            if (Gateway is not null)
                await Gateway.DisposeAsync();
            foreach (var silo in Silos)
                await silo.DisposeAsync();
        }
    }
}

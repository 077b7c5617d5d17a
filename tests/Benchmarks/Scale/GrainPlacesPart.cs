using System.Collections.Immutable;
using Praefect.Benchmarks.Proxy;
using Praefect.Wire.Contract;
using Praefect.Wire.Grpc;
using Praefect.Wire.Protos;

namespace Praefect.Benchmarks.Scale;

/// <summary>Part 3: the same calls with the grains in the gateway's process and in another one, CPU by process.</summary>
internal sealed class GrainPlacesPart(ScaleBed bed, ScaleOptions options, Report report, Findings findings)
{
    private const int Repositories = 32;
    private const int ManyCallers = 32;
    private static readonly ImmutableArray<(string Operation, int Callers)> s_cases =
    [
        (LoadOperation.RefExists, 1), (LoadOperation.RefExists, ManyCallers), (LoadOperation.WriteRef, 1), (LoadOperation.WriteRef, ManyCallers),
    ];

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        report.Heading("Grains in the gateway's process, and in another one");
        report.Columns("call", "grains", "calls a second", "p50", "CPU a call: gateway", "silo", "both", "Postgres", "allocated a call: gateway", "silo", "errors");
        var places = new List<Place>();
        try
        {
            var alone = await bed.DatabaseAsync("alone", 0, cancellationToken);
            var all = await bed.StartAsync(new PraefectSetup("alone", "all", alone), cancellationToken);
            places.Add(new Place("same process", all, null));
            var apart = await bed.DatabaseAsync("apart", 0, cancellationToken);
            var silo = await bed.StartAsync(new PraefectSetup("apart-silo", "silo", apart), cancellationToken);
            places.Add(new Place("another process", silo, silo));
            places[^1] = places[^1] with { Gateway = await bed.StartAsync(new PraefectSetup("apart-gateway", "gateway", apart), cancellationToken) };
            await CompareAsync(places, cancellationToken);
        }
        finally
        {
            foreach (var process in places.SelectMany(static place => new[] { place.Gateway, place.Silo }).OfType<PraefectProcess>().Distinct())
                await process.DisposeAsync();
        }
    }

    private async Task CompareAsync(List<Place> places, CancellationToken cancellationToken)
    {
        foreach (var place in places)
        {
            await CreateAsync(place.Gateway.Address, cancellationToken);
            foreach (var (operation, _) in s_cases.Where(static c => c.Callers == ManyCallers))
                await new RepositoryLoad(place.Gateway.Address, Paths(), operation, ManyCallers).ForAsync(options.Load, cancellationToken);
        }

        foreach (var (operation, callers) in s_cases)
        {
            var runs = places.ToDictionary(static place => place, static _ => new List<CallFigures>());
            for (var repetition = 0; repetition < options.Repetitions; repetition++)
            {
                foreach (var place in places)
                    runs[place].Add(await MeasureAsync(place, operation, callers, cancellationToken));
            }

            foreach (var place in places)
                Print(place, operation, callers, CallFigures.Median(runs[place]));
        }
    }

    private async Task<CallFigures> MeasureAsync(Place place, string operation, int callers, CancellationToken cancellationToken)
    {
        PraefectProcess[] processes = place.Silo is { } silo ? [place.Gateway, silo] : [place.Gateway];
        var before = await Task.WhenAll(processes.Select(process => process.ScrapeAsync(cancellationToken)));
        var figures = await CallFigures.MeasureAsync(
            new RepositoryLoad(place.Gateway.Address, Paths(), operation, callers),
            options.Load,
            [() => place.Gateway.ProcessorSeconds, () => place.Silo?.ProcessorSeconds ?? 0, () => ProcessTree.ProcessorSeconds(bed.Postgres.Id)],
            cancellationToken);
        var after = await Task.WhenAll(processes.Select(process => process.ScrapeAsync(cancellationToken)));
        if (string.Equals(operation, LoadOperation.WriteRef, StringComparison.Ordinal) && callers == ManyCallers)
            findings.CommitsAWrite = (after[^1].Statements - before[^1].Statements) / Math.Max(1, figures.Calls);
        return figures with { Allocated = [.. after.Zip(before, (now, then) => (now.AllocatedBytes - then.AllocatedBytes) / Math.Max(1, figures.Calls + figures.Errors))] };
    }

    private void Print(Place place, string operation, int callers, CallFigures figures)
    {
        var (gateway, silo, postgres) = (figures.Processors[0], figures.Processors[1], figures.Processors[2]);
        report.Row(
            callers == 1 ? $"{operation}, 1 caller" : $"{operation}, {Report.Number(callers)} callers", place.What, Report.Number(figures.PerSecond), Report.Microseconds(figures.P50),
            Report.Microseconds(gateway), place.Silo is null ? "" : Report.Microseconds(silo), Report.Microseconds(gateway + silo), Report.Microseconds(postgres),
            Report.Number(figures.Allocated[0]), place.Silo is null ? "" : Report.Number(figures.Allocated[1]), Report.Errors(figures.Errors, figures.FirstError));
        if (place.Silo is null || callers != ManyCallers)
            return;
        var cost = new CallCost(gateway, silo, postgres);
        if (string.Equals(operation, LoadOperation.RefExists, StringComparison.Ordinal))
            findings.Read = cost;
        else
            findings.Write = cost;
    }

    private static string[] Paths() => [.. Enumerable.Range(0, Repositories).Select(static i => $"bench/r{i}.git")];

    private static async Task CreateAsync(Uri gateway, CancellationToken cancellationToken)
    {
        using var connection = new HttpMessageInvoker(RepositoryLoad.Connect(gateway));
        var channel = new GrpcChannel(connection);
        foreach (var path in Paths())
        {
            var request = new CreateRepositoryRequest { Repository = new Repository { StorageName = PraefectSetup.VirtualStorage, RelativePath = path } };
            await channel.UnaryAsync(Methods.Repository.CreateRepository, request, CreateRepositoryResponse.Parser, null, cancellationToken);
        }
    }

    private sealed record Place(string What, PraefectProcess Gateway, PraefectProcess? Silo);
}

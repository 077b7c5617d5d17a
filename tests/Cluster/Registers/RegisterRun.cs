using System.Collections.Immutable;
using System.Globalization;
using Praefect.Cluster.Faults;
using Praefect.Cluster.Histories;
using Praefect.Trial.Smoke;

namespace Praefect.Cluster.Registers;

/// <summary>Where a run takes place: processes that run already.</summary>
/// <param name="Faults">What may happen to it.</param>
/// <param name="Processes">What is started again when it ends by itself.</param>
/// <param name="Gateways">Name and ports of each process that takes calls.</param>
/// <param name="Nodes">Name and disk of each storage node.</param>
/// <param name="PromisesReads">Whether reads may be held against it.</param>
internal sealed record Scene(
    ImmutableArray<Fault> Faults,
    ImmutableArray<SupervisedProcess> Processes,
    ImmutableArray<(string Name, int Port, int GitPort, int MetricsPort)> Gateways,
    ImmutableArray<(string Name, string Disk)> Nodes,
    bool PromisesReads = true);

/// <summary>Clients on a few references, faults meanwhile, and at the end a check of everything that the clients saw and of what is on the disks.</summary>
internal sealed class RegisterRun(Scene scene, string folder, TimeProvider time, Action<string> say)
{
    /// <summary>Who read the values on the disks at the end.</summary>
    public const string Disk = "disk";

    /// <summary>End of the name of who asked for a read of the primary.</summary>
    public const string OfThePrimary = " (primary)";

    private const int Repositories = 2;
    private const int Registers = 3;
    private const int Clients = 5;
    private const int ValuesPerMinute = 3000;
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan Warmup = TimeSpan.FromSeconds(2);

    public async Task<RegisterReport> RunAsync(TimeSpan length, int seed, CancellationToken cancellationToken)
    {
        say(string.Create(CultureInfo.InvariantCulture, $"seed {seed}"));
        var values = await new Filling([.. scene.Gateways.Select(static gateway => gateway.GitPort)], folder, time, say)
            .FillAsync(Repositories, (int)Math.Ceiling(length.TotalMinutes * ValuesPerMinute), cancellationToken);
        ImmutableArray<Register> registers =
            [.. Enumerable.Range(0, Registers).Select(static number => new Register(number % Repositories, string.Create(CultureInfo.InvariantCulture, $"refs/heads/register-{number}")))];
        var gateways = new GatewaySet(time);
        foreach (var (name, port, _, metrics) in scene.Gateways)
            gateways.Add(name, port, metrics);
        var load = new RegisterLoad(registers, values, gateways, Pace, time);
        var faults = new FaultInjector(scene.Faults, scene.Processes, new Random(seed), time, say);
        var from = time.GetTimestamp();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var running = Task.WhenAll(load.RunAsync(Clients, seed, stop.Token), gateways.CheckAsync(stop.Token));
        await Task.Delay(Warmup, time, cancellationToken);
        await faults.RunAsync(length, cancellationToken);
        await Task.Delay(Warmup, time, cancellationToken);
        await stop.CancelAsync();
        await running;
        var calls = EventTable.Row("faults", from, time.GetTimestamp(), load.Calls, Repositories, time);
        EventTable.Reasons(from, time.GetTimestamp(), load.Calls).ToList().ForEach(say);
        return await ReportAsync(registers, faults, calls, cancellationToken);
    }

    private async Task<RegisterReport> ReportAsync(ImmutableArray<Register> registers, FaultInjector faults, EventRow calls, CancellationToken cancellationToken)
    {
        var check = new ReplicaCheck(scene.Nodes, new GitClient(time), time);
        var differences = await check.RunAsync(Repositories, [], cancellationToken);
        foreach (var (content, node) in (await check.ReadAsync(cancellationToken)).Zip(scene.Nodes))
        {
            foreach (var register in registers)
                register.Add(OnDisk(content, register));
        }

        var changes = registers.SelectMany(static register => register.History).Where(static operation => operation.Kind != OperationKind.Read).ToArray();
        var report = new RegisterReport(
            [.. differences, .. RegisterReport.Check(registers, scene.PromisesReads)],
            changes.Count(static change => change.Result == OperationResult.Done),
            changes.Count(static change => change.Result == OperationResult.Differed),
            changes.Count(static change => change.Result == OperationResult.Unknown),
            registers.Sum(static register => register.History.Count(static operation => operation.Kind == OperationKind.Read && operation.Who != Disk)),
            faults.Injected,
            calls);
        say(report.Text());
        say(RegisterReport.Beyond(registers));
        say(string.Create(CultureInfo.InvariantCulture, $"processes that ended by themselves and were started again: {faults.EndedAlone}"));
        return report;
    }

    private Operation OnDisk(Dictionary<int, HashSet<string>> content, Register register)
    {
        var line = content.GetValueOrDefault(register.Repository)?.FirstOrDefault(entry => entry.EndsWith(' ' + register.Reference, StringComparison.Ordinal));
        var now = time.GetTimestamp();
        return new Operation(Disk, OperationKind.Read, null, line?.Split(' ')[0], OperationResult.Done, now, now);
    }
}

using System.Collections.Immutable;
using Praefect.Trial.Processes;

namespace Praefect.Trial.Clusters;

/// <summary>Postgres, storage nodes, silos and gateways as processes on this machine, all of it in one folder.</summary>
public sealed class SiloCluster : IAsyncDisposable
{
    private readonly ClusterFolder _folder;
    private readonly TimeProvider _time;
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(5) };

    /// <summary>Prepares the processes; nothing is started yet.</summary>
    /// <param name="folder">Where everything lies.</param>
    /// <param name="ports">Where everything listens; a process for each.</param>
    /// <param name="binaries">Where the programs of Postgres are.</param>
    /// <param name="time">The clock.</param>
    public SiloCluster(ClusterFolder folder, SiloClusterPorts ports, string binaries, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(folder);
        ArgumentNullException.ThrowIfNull(ports);
        _folder = folder;
        _time = time;
        Postgres = new PostgresProcess(folder.Postgres, binaries, ports.Postgres, time);
        Nodes = ClusterPrograms.Nodes(folder, ports.Nodes, time);
        Silos = [.. ports.Silos.Select((its, i) => Member($"silo-{i + 1}", "silo", its))];
        Gateways = [.. ports.Gateways.Select((its, i) => Member($"gateway-{i + 1}", "gateway", its))];
    }

    /// <summary>The database.</summary>
    public PostgresProcess Postgres { get; }

    /// <summary>The storage nodes.</summary>
    public ImmutableArray<ClusterNode> Nodes { get; }

    /// <summary>The silos.</summary>
    public ImmutableArray<ClusterMember> Silos { get; }

    /// <summary>The gateways.</summary>
    public ImmutableArray<ClusterMember> Gateways { get; }

    /// <summary>Every process of it, in the order of their start.</summary>
    public IEnumerable<ManagedProcess> Processes =>
        [Postgres.Server, .. Nodes.Select(static node => node.Process), .. Silos.Select(static silo => silo.Process), .. Gateways.Select(static gateway => gateway.Process)];

    /// <summary>Starts everything, and ends when all gateways can route calls.</summary>
    /// <exception cref="ProcessFailedException">A process ended or took too long; the message shows its log.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var node in Nodes)
            node.Process.Start();
        await Postgres.CreateAsync(cancellationToken);
        foreach (var member in Silos.Concat(Gateways))
            await WriteConfigurationAsync(member, cancellationToken);
        await MigrateAsync(Silos[0].Configuration, cancellationToken);
        await Task.WhenAll(Nodes.Select(node => node.Process.WaitUntilReadyAsync(LocalCluster.ReadyMax, cancellationToken)));
        await StartAsync(Silos, cancellationToken);
        await StartAsync(Gateways, cancellationToken);
    }

    /// <summary>Stops gateways, silos, nodes and Postgres, in this order; kills what does not stop.</summary>
    /// <returns>Whether all of them stopped by themselves.</returns>
    public async Task<bool> StopAsync()
    {
        var gateways = await StopAsync(Gateways.Select(static gateway => gateway.Process));
        var silos = await StopAsync(Silos.Select(static silo => silo.Process));
        var nodes = await StopAsync(Nodes.Select(static node => node.Process));
        return await Postgres.StopAsync() && gateways && silos && nodes;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var member in Gateways.Concat(Silos))
            await member.Process.DisposeAsync();
        foreach (var node in Nodes)
        {
            await node.Process.DisposeAsync();
            node.Client.Dispose();
        }

        await Postgres.DisposeAsync();
        _http.Dispose();
    }

    private static Task StartAsync(ImmutableArray<ClusterMember> members, CancellationToken cancellationToken) =>
        Task.WhenAll(members.Select(member => Supervised.StartAsync(member.Process, LocalCluster.ReadyMax, cancellationToken)));

    private static async Task<bool> StopAsync(IEnumerable<ManagedProcess> processes) =>
        (await Task.WhenAll(processes.Select(static process => process.StopAsync(LocalCluster.StopMax)))).All(static stopped => stopped);

    private ClusterMember Member(string name, string role, MemberPorts ports)
    {
        var configuration = Path.Combine(_folder.Path, name + ".toml");
        var ready = new Uri($"http://127.0.0.1:{ports.Metrics}/-/ready");
        var spec = ClusterPrograms.Praefect(name, _folder, configuration, ["serve", "--role", role, "--exit-with-stdin"], async cancellationToken =>
        {
            using var response = await _http.GetAsync(ready, cancellationToken);
            return response.IsSuccessStatusCode;
        });
        return new ClusterMember(name, ports, configuration, new ManagedProcess(spec, _time));
    }

    private Task WriteConfigurationAsync(ClusterMember member, CancellationToken cancellationToken)
    {
        var database = $"""
            [database]
            host = "127.0.0.1"
            port = {Postgres.Port}
            user = "{PostgresProcess.User}"
            password = "{Postgres.Password}"
            dbname = "{PostgresProcess.User}"
            """;
        return SecretFile.WriteAsync(member.Configuration, ClusterConfiguration.Text(member.Ports, database, Nodes), cancellationToken);
    }

    private async Task MigrateAsync(string configuration, CancellationToken cancellationToken)
    {
        await using var migrate = new ManagedProcess(ClusterPrograms.Praefect("sql-migrate", _folder, configuration, ["sql-migrate"], ready: null), _time);
        migrate.Start();
        if (await migrate.WaitForExitAsync(cancellationToken) != 0)
            throw new ProcessFailedException($"sql-migrate failed:\n{await migrate.LogTailAsync()}");
    }
}

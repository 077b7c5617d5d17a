using System.Collections.Immutable;
using Praefect.Trial.Processes;

namespace Praefect.Trial.Clusters;

/// <summary>Postgres, storage nodes and gateway silos as processes on this machine, all of it in one folder.</summary>
public sealed class SiloCluster : IAsyncDisposable
{
    private readonly ClusterFolder _folder;
    private readonly TimeProvider _time;
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(5) };

    /// <summary>Prepares the processes; nothing is started yet.</summary>
    /// <param name="folder">Where everything lies.</param>
    /// <param name="ports">Where everything listens; a process for each but the last gateway silo, which is the one that can be added by hand.</param>
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
        ImmutableArray<ClusterMember> members = [.. ports.Gateways.Select((its, i) => Member($"praefect-{i + 1}", its))];
        (Members, OneMore) = (members[..^1], members[^1]);
    }

    /// <summary>The database.</summary>
    public PostgresProcess Postgres { get; }

    /// <summary>The storage nodes.</summary>
    public ImmutableArray<ClusterNode> Nodes { get; }

    /// <summary>The gateway silos.</summary>
    public ImmutableArray<ClusterMember> Members { get; }

    /// <summary>A gateway silo that is configured, and left to others to start.</summary>
    public ClusterMember OneMore { get; }

    /// <summary>Every process of it, in the order of their start.</summary>
    public IEnumerable<ManagedProcess> Processes =>
        [Postgres.Server, .. Nodes.Select(static node => node.Process), .. Members.Select(static member => member.Process)];

    /// <summary>Starts everything, and ends when all gateway silos can route calls.</summary>
    /// <exception cref="ProcessFailedException">A process ended or took too long; the message shows its log.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var node in Nodes)
            node.Process.Start();
        await Postgres.CreateAsync(cancellationToken);
        foreach (var member in Members.Append(OneMore))
            await WriteConfigurationAsync(member, cancellationToken);
        await MigrateAsync(Members[0].Configuration, cancellationToken);
        await Task.WhenAll(Nodes.Select(node => node.Process.WaitUntilReadyAsync(LocalCluster.ReadyMax, cancellationToken)));
        await Task.WhenAll(Members.Select(member => Supervised.StartAsync(member.Process, LocalCluster.ReadyMax, cancellationToken)));
    }

    /// <summary>Stops gateway silos, nodes and Postgres, in this order; kills what does not stop.</summary>
    /// <returns>Whether all of them stopped by themselves.</returns>
    public async Task<bool> StopAsync()
    {
        var members = await StopAsync(Members.Select(static member => member.Process));
        var nodes = await StopAsync(Nodes.Select(static node => node.Process));
        return await Postgres.StopAsync() && members && nodes;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var member in Members.Append(OneMore))
            await member.Process.DisposeAsync();
        foreach (var node in Nodes)
        {
            await node.Process.DisposeAsync();
            node.Client.Dispose();
        }

        await Postgres.DisposeAsync();
        _http.Dispose();
    }

    private static async Task<bool> StopAsync(IEnumerable<ManagedProcess> processes) =>
        (await Task.WhenAll(processes.Select(static process => process.StopAsync(LocalCluster.StopMax)))).All(static stopped => stopped);

    private ClusterMember Member(string name, MemberPorts ports)
    {
        var configuration = Path.Combine(_folder.Path, name + ".toml");
        var ready = new Uri($"http://127.0.0.1:{ports.Metrics}/-/ready");
        var spec = ClusterPrograms.Praefect(name, _folder, configuration, ["serve", "--exit-with-stdin"], async cancellationToken =>
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

using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using Praefect.Cluster.Networks;
using Praefect.Trial.Clusters;
using Praefect.Trial.Processes;

namespace Praefect.Cluster;

/// <summary>A storage node of the cluster.</summary>
internal sealed record StorageNode(string Name, int Port, string Disk, ManagedProcess Process);

/// <summary>Everything that runs: Postgres, storage nodes, and gateway silos, or silos and gateways apart.</summary>
internal sealed class ClusterProcesses : IAsyncDisposable
{
    public const string VirtualStorage = "default";

    /// <summary>Name of Postgres in the network.</summary>
    public const string DatabaseName = "postgres";

    private const int NodeCount = 3;
    private static readonly TimeSpan ReadyMax = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan StopMax = TimeSpan.FromSeconds(60);

    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(3) };
    private readonly HashSet<int> _ports = [];
    private readonly string _folder;
    private readonly TimeProvider _time;
    private readonly MemberConfiguration _configuration;

    /// <param name="folder">Where everything is kept.</param>
    /// <param name="binaries">Folder of Postgres' programs.</param>
    /// <param name="split">Whether silos and gateways are processes of their own.</param>
    /// <param name="time">The clock.</param>
    /// <param name="network">What the processes reach each other through; null: they do directly.</param>
    public ClusterProcesses(string folder, string binaries, bool split, TimeProvider time, FaultyNetwork? network = null)
    {
        _folder = folder;
        Split = split;
        _time = time;
        Network = network;
        Directory.CreateDirectory(Path.Combine(folder, "logs"));
        Postgres = new PostgresProcess(Path.Combine(folder, "postgres"), binaries, FreePort(), time);
        Nodes = [.. Enumerable.Range(1, NodeCount).Select(Node)];
        _configuration = new MemberConfiguration(Postgres, Reachable(DatabaseName, Postgres.Port), [.. Nodes.Select(node => (node.Name, Reachable(node.Name, node.Port)))]);
    }

    /// <summary>Whether silos and gateways are processes of their own; if not, every member is both.</summary>
    public bool Split { get; }

    /// <summary>What the processes reach each other through; null: they do directly.</summary>
    public FaultyNetwork? Network { get; }

    /// <summary>Clocks of silos that can be set to a wrong time; null: there is nothing to do that with.</summary>
    public SkewedClocks? Clocks { get; init; }

    public PostgresProcess Postgres { get; }

    public ImmutableArray<StorageNode> Nodes { get; }

    /// <summary>Every process with grains, a port for calls, or both.</summary>
    public List<Member> Members { get; } = [];

    /// <summary>The members that hold grains.</summary>
    public ImmutableArray<Member> Silos => [.. Members.Where(static member => member.HoldsGrains)];

    /// <summary>The members that take calls.</summary>
    public ImmutableArray<Member> Gateways => [.. Members.Where(static member => member.TakesCalls)];

    /// <summary>The roles of the smallest number of processes that make a cluster larger.</summary>
    public ImmutableArray<MemberRole> Roles => Split ? [MemberRole.Silo, MemberRole.Gateway] : [MemberRole.All];

    /// <summary>Starts Postgres and the nodes, migrates, and starts silos and then gateways, or gateway silos.</summary>
    /// <param name="silos">How many processes with grains.</param>
    /// <param name="gateways">How many gateways, where these are processes of their own.</param>
    /// <param name="cancellationToken">Ends waiting.</param>
    public async Task StartAsync(int silos, int gateways, CancellationToken cancellationToken)
    {
        await Postgres.CreateAsync(cancellationToken);
        foreach (var node in Nodes)
            node.Process.Start();
        await Task.WhenAll(Nodes.Select(node => WaitForPortAsync(node.Port, cancellationToken)));
        await MigrateAsync(cancellationToken);
        for (var i = 0; i < silos; i++)
            await AddAsync(Roles[0], cancellationToken);
        for (var i = 0; Split && i < gateways; i++)
            await AddAsync(MemberRole.Gateway, cancellationToken);
    }

    /// <summary>Starts one more member and waits until it is ready.</summary>
    /// <param name="role">What it does.</param>
    /// <param name="cancellationToken">Ends waiting.</param>
    /// <param name="clusterId">Of a member of another cluster on the same records; null: of the usual one.</param>
    public async Task<Member> AddAsync(MemberRole role, CancellationToken cancellationToken, string? clusterId = null)
    {
        var member = await NewMemberAsync($"{NameOf(role)}-{Members.Count(other => other.Role == role) + 1}", role, clusterId, cancellationToken);
        Members.Add(member);
        await StartAsync(member, cancellationToken);
        return member;
    }

    public static Task StartAsync(Member member, CancellationToken cancellationToken) => Supervised.StartAsync(member.Process, ReadyMax, cancellationToken);

    /// <summary>Ends a member as an operator would.</summary>
    /// <exception cref="ProcessFailedException">It did not end by itself with exit code 0.</exception>
    public static async Task StopAsync(Member member)
    {
        if (!await member.Process.StopAsync(StopMax))
            throw new ProcessFailedException($"{member.Name} did not stop well (exit code {member.Process.ExitCode}):\n{await member.Process.LogTailAsync()}");
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var member in Members.AsEnumerable().Reverse())
            await member.Process.DisposeAsync();
        foreach (var node in Nodes)
            await node.Process.DisposeAsync();
        await Postgres.DisposeAsync();
        _http.Dispose();
    }

    private async Task MigrateAsync(CancellationToken cancellationToken)
    {
        var path = await _configuration.WriteAsync(_folder, "migrate", FreePort(), FreePort(), FreePort(), string.Empty, cancellationToken);
        await using var migrate = new ManagedProcess(Praefect("sql-migrate", path, ["sql-migrate"], null), _time);
        migrate.Start();
        if (await migrate.WaitForExitAsync(cancellationToken) != 0)
            throw new ProcessFailedException($"sql-migrate failed:\n{await migrate.LogTailAsync()}");
    }

    private static string NameOf(MemberRole role) => role switch
    {
        MemberRole.Silo => "silo",
        MemberRole.Gateway => "gateway",
        _ => "praefect",
    };

    private static ImmutableArray<string> Arguments(MemberRole role) =>
        role == MemberRole.All ? ["serve", "--exit-with-stdin"] : ["serve", "--role", NameOf(role), "--exit-with-stdin"];

    private async Task<Member> NewMemberAsync(string name, MemberRole role, string? clusterId, CancellationToken cancellationToken)
    {
        var (grpc, git, metrics) = (FreePort(), FreePort(), FreePort());
        var path = await _configuration.WriteAsync(_folder, name, grpc, git, metrics, SiloSection(name, role, clusterId), cancellationToken);
        var ready = new Uri($"http://127.0.0.1:{metrics}/-/ready");
        var spec = Praefect(name, path, Arguments(role), async token =>
        {
            using var response = await _http.GetAsync(ready, token);
            return response.IsSuccessStatusCode;
        });
        if (role != MemberRole.Gateway && Clocks is not null)
            spec = spec with { Environment = Clocks.EnvironmentOf(name) };
        var process = new ManagedProcess(spec, _time);
        Network?.Know(name, process);
        return new Member(name, role, grpc, git, metrics, process);
    }

    // Others find the ports in the membership, so what they find there has to be the network's.
    private string SiloSection(string name, MemberRole role, string? clusterId)
    {
        var section = clusterId is null ? string.Empty : $"cluster_id = \"{clusterId}\"\n";
        if (Network is not null && role != MemberRole.Gateway)
        {
            var silo = FreePort();
            section += $"silo_port = {Reachable(name, silo)}\nsilo_listen_port = {silo}\n";
        }

        if (Network is not null && role == MemberRole.Silo)
        {
            var gateway = FreePort();
            section += $"gateway_port = {Reachable(name, gateway)}\ngateway_listen_port = {gateway}\n";
        }

        return section.Length == 0 ? string.Empty : $"\n[silo]\n{section}";
    }

    private int Reachable(string name, int port) => Network?.Guard(name, port) ?? port;

    private ProcessSpec Praefect(string name, string configuration, ImmutableArray<string> arguments, Func<CancellationToken, Task<bool>>? ready) => new()
    {
        Name = name,
        FileName = DotnetHost.Path,
        Arguments = [DotnetHost.AssemblyOf("Praefect.Silo", "praefect"), "-config", configuration, .. arguments],
        LogFile = Path.Combine(_folder, "logs", name + ".log"),
        Ready = ready,
    };

    private StorageNode Node(int number)
    {
        var name = $"node-{number}";
        var port = FreePort();
        var disk = Directory.CreateDirectory(Path.Combine(_folder, "storages", name)).FullName;
        var spec = new ProcessSpec
        {
            Name = name,
            FileName = DotnetHost.Path,
            Arguments =
            [
                DotnetHost.AssemblyOf("Praefect.StorageNode", "storage-node"), "--storage", name, "--path", disk, "--listen", $"tcp://127.0.0.1:{port}", "--exit-with-stdin",
            ],
            LogFile = Path.Combine(_folder, "logs", name + ".log"),
        };
        var process = new ManagedProcess(spec, _time);
        Network?.Know(name, process);
        return new StorageNode(name, port, disk, process);
    }

    private async Task WaitForPortAsync(int port, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync(IPAddress.Loopback, port, cancellationToken);
                return;
            }
            catch (SocketException)
            {
                await Task.Delay(ManagedProcess.ReadyPoll, _time, cancellationToken);
            }
        }
    }

    // Ports given out are kept in mind: the process that gets one binds it later.
    private int FreePort()
    {
        while (true)
        {
            using var listener = new TcpListener(IPAddress.Loopback, 0);
            listener.Start();
            var port = ((IPEndPoint)listener.LocalEndpoint).Port;
            if (_ports.Add(port))
                return port;
        }
    }
}

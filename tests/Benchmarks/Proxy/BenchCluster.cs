using System.Globalization;
using System.Net.Http;
using System.Net.Sockets;
using System.Text;
using Praefect.Wire.Contract;
using Praefect.Wire.Grpc;
using Praefect.Wire.Protos;

namespace Praefect.Benchmarks.Proxy;

/// <summary>Three bench nodes and one gateway with a store of its own, all as processes, as a user would run them.</summary>
internal sealed class BenchCluster : IAsyncDisposable
{
    private const int NodeCount = 3;
    private readonly List<BenchProcess> _processes = [];
    private readonly string _folder = Directory.CreateTempSubdirectory("praefect-bench-").FullName;

    public const string VirtualStorage = "default";

    public Uri Node { get; private set; } = null!;

    public Uri Gateway { get; private set; } = null!;

    public Uri Metrics { get; private set; } = null!;

    public int NodeProcess => _processes[0].Id;

    public int GatewayProcess => _processes[NodeCount].Id;

    public static async Task<BenchCluster> StartAsync()
    {
        var cluster = new BenchCluster();
        var ports = new List<int>();
        for (var i = 1; i <= NodeCount; i++)
            ports.Add(await cluster.StartNodeAsync(i));
        cluster.Node = new Uri($"http://127.0.0.1:{ports[0]}");
        await cluster.StartGatewayAsync(ports);
        return cluster;
    }

    /// <summary>Creates repositories through the gateway and returns their relative paths.</summary>
    public async Task<IReadOnlyList<string>> CreateRepositoriesAsync(int count)
    {
        var channel = new GrpcChannel(new HttpMessageInvoker(new SocketsHttpHandler { UseProxy = false, ConnectCallback = ConnectToGatewayAsync }));
        var paths = Enumerable.Range(0, count).Select(i => $"bench/r{i}.git").ToArray();
        foreach (var path in paths)
        {
            var repository = new Repository { StorageName = VirtualStorage, RelativePath = path };
            await channel.UnaryAsync(Methods.Repository.CreateRepository, new CreateRepositoryRequest { Repository = repository }, CreateRepositoryResponse.Parser, null, CancellationToken.None);
        }

        return paths;
    }

    /// <summary>Statements that the gateway's process has sent to its store so far. BEGIN and COMMIT are apart: a group commit shares them among many writes.</summary>
    public async Task<double> StoreStatementsAsync()
    {
        using var http = new HttpClient();
        var lines = (await http.GetStringAsync(new Uri(Metrics, "/metrics"))).Split('\n');
        return lines.Where(l => l.StartsWith("praefect_store_statements", StringComparison.Ordinal) && !l.Contains("operation=\"transaction\"", StringComparison.Ordinal))
            .Sum(l => double.Parse(l[(l.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in Enumerable.Reverse(_processes))
            await process.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task<int> StartNodeAsync(int number)
    {
        var portFile = Path.Combine(_folder, $"node-{number}.port");
        var node = BenchProcess.Start("bench.dll", Path.Combine(_folder, $"node-{number}.log"), "node", "--port-file", portFile);
        _processes.Add(node);
        await node.UntilAsync(() => Task.FromResult(File.Exists(portFile)), "the bench node listened");
        return int.Parse(await File.ReadAllTextAsync(portFile), CultureInfo.InvariantCulture);
    }

    private async Task StartGatewayAsync(List<int> nodes)
    {
        Gateway = new Uri($"http://127.0.0.1:{FreePort()}");
        Metrics = new Uri($"http://127.0.0.1:{FreePort()}");
        var configuration = new StringBuilder(
            $"""
            listen_addr = "127.0.0.1:{Gateway.Port}"
            prometheus_listen_addr = "127.0.0.1:{Metrics.Port}"
            [logging]
            level = "warn"
            [store]
            path = "{_folder}/praefect.db"
            [[virtual_storage]]
            name = "{VirtualStorage}"

            """);
        for (var i = 0; i < nodes.Count; i++)
            configuration.Append(CultureInfo.InvariantCulture, $"[[virtual_storage.node]]\nstorage = \"gitaly-{i + 1}\"\naddress = \"tcp://127.0.0.1:{nodes[i]}\"\n");
        var file = Path.Combine(_folder, "praefect.toml");
        await File.WriteAllTextAsync(file, configuration.ToString());
        var log = Path.Combine(_folder, "praefect.log");
        var gateway = BenchProcess.Start("praefect.dll", log, "-config", file);
        _processes.Add(gateway);
        using var http = new HttpClient();
        try
        {
            await gateway.UntilAsync(async () => await AnswersAsync(http, new Uri(Metrics, "/-/ready")), "the gateway was ready");
        }
        catch (Exception e) when (e is InvalidOperationException or TimeoutException)
        {
            throw new InvalidOperationException($"{e.Message}; its log:\n{await File.ReadAllTextAsync(log)}", e);
        }
    }

    private static async Task<bool> AnswersAsync(HttpClient http, Uri address)
    {
        try
        {
            using var response = await http.GetAsync(address);
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private async ValueTask<Stream> ConnectToGatewayAsync(SocketsHttpConnectionContext context, CancellationToken ct)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(Gateway.Host, Gateway.Port, ct);
        return new NetworkStream(socket, ownsSocket: true);
    }

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, 0));
        return ((System.Net.IPEndPoint)socket.LocalEndPoint!).Port;
    }
}

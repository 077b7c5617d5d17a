using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Praefect.Wire.Backchannel;
using Praefect.Wire.Contract;
using Praefect.Wire.Grpc;
using Praefect.Wire.Nodes;
using Praefect.Wire.Protos;
using Praefect.Wire.Sidechannel;
using Praefect.Wire.Yamux;

namespace Praefect.Silo.Tests.Hosting;

/// <summary>A real process that is told to stop while a call runs.</summary>
public sealed class StopTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string _folder = Directory.CreateTempSubdirectory("praefect-stop-").FullName;
    private HeldNode _node = null!;

    public async Task InitializeAsync() => _node = await HeldNode.StartAsync();

    public async Task DisposeAsync()
    {
        await _node.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData("TERM")]
    [InlineData("INT")]
    public async Task A_running_call_ends_well_and_new_connections_are_refused(string signal)
    {
        await using var praefect = await StartAsync("10m");
        await using var client = Connect(praefect);
        var call = CallAsync(client);
        await _node.Asked.WaitAsync(Patience);

        await praefect.SignalAsync(signal);
        await RefusesAsync(praefect);
        Assert.False(call.IsCompleted);
        _node.Release();

        Assert.Equal(7, Assert.Single((await call.WaitAsync(Patience)).StorageStatuses).Available);
        Assert.Equal(0, await praefect.ExitAsync());
    }

    [Fact]
    public async Task Open_connections_are_told_to_go_away_while_calls_still_run()
    {
        await using var praefect = await StartAsync("10m");
        await using var client = Connect(praefect);
        using var limit = new CancellationTokenSource(Patience);
        await using var idle = await RawHttp2.ConnectAsync(praefect.Port, limit.Token);
        await idle.GreetedAsync(limit.Token);
        var call = CallAsync(client);
        await _node.Asked.WaitAsync(Patience);

        await praefect.SignalAsync("TERM");

        await idle.ToldToGoAwayAsync(limit.Token);
        Assert.False(call.IsCompleted);
        _node.Release();
        await call.WaitAsync(Patience);
        Assert.Equal(0, await praefect.ExitAsync());
    }

    [Fact]
    public async Task A_call_that_outlasts_the_grace_period_is_cut_off()
    {
        await using var praefect = await StartAsync("1s");
        await using var client = Connect(praefect);
        var call = CallAsync(client);
        await _node.Asked.WaitAsync(Patience);

        await praefect.SignalAsync("TERM");

        await Assert.ThrowsAsync<GrpcException>(() => call.WaitAsync(Patience));
        Assert.Equal(0, await praefect.ExitAsync());
    }

    [Theory]
    [InlineData("TERM", "TERM", "terminated")]
    [InlineData("TERM", "INT", "interrupt")]
    public async Task A_second_signal_ends_the_process_at_once(string first, string second, string name)
    {
        await using var praefect = await StartAsync("10m");
        await using var client = Connect(praefect);
        var call = CallAsync(client);
        await _node.Asked.WaitAsync(Patience);

        await praefect.SignalAsync(first);
        await RefusesAsync(praefect);
        Assert.False(call.IsCompleted);
        await praefect.SignalAsync(second);

        Assert.Equal(1, await praefect.ExitAsync());
        Assert.Equal($"praefect: received signal \"{name}\" again: force shutdown\n", await praefect.Errors);
        await Assert.ThrowsAsync<GrpcException>(() => call.WaitAsync(Patience));
    }

    // Kestrel unbinds first, then tells the open connections.
    private static async Task RefusesAsync(RunningPraefect praefect)
    {
        using var limit = new CancellationTokenSource(Patience);
        while (true)
        {
            limit.Token.ThrowIfCancellationRequested();
            using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await socket.ConnectAsync(IPAddress.Loopback, praefect.Port, limit.Token);
            }
            catch (SocketException)
            {
                return;
            }
        }
    }

    private static NodeConnection Connect(RunningPraefect praefect) => new(
        new NodeOptions("default", "praefect", NodeAddress.Parse($"tcp://127.0.0.1:{praefect.Port}"), string.Empty),
        new SidechannelRegistry(), NoBackchannelAcceptor.Instance, new YamuxOptions(), TimeProvider.System, NullLoggerFactory.Instance);

    private static Task<DiskStatisticsResponse> CallAsync(NodeConnection client) => client.Channel.UnaryAsync(
        Methods.Server.DiskStatistics, new DiskStatisticsRequest(), DiskStatisticsResponse.Parser, null, CancellationToken.None);

    private Task<RunningPraefect> StartAsync(string grace) =>
        RunningPraefect.StartAsync(_folder, $"listen_addr = \"127.0.0.1:0\"\ngraceful_stop_timeout = \"{grace}\"", _node.Address);
}

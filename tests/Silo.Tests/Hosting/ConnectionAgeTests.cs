using System.Net;
using System.Net.Sockets;
using Grpc.Health.V1;
using Praefect.Silo.Hosting;
using Praefect.Wire.Contract;
using Praefect.Wire.Grpc;
using Praefect.Wire.Protos;

namespace Praefect.Silo.Tests.Hosting;

/// <summary>Connections do not last for ever, so that a gateway that joins gets its share of them; calls do not notice.</summary>
public sealed class ConnectionAgeTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string _folder = Directory.CreateTempSubdirectory("praefect-age-").FullName;
    private readonly CancellationTokenSource _limit = new(Patience);
    private HeldNode _node = null!;

    public async Task InitializeAsync() => _node = await HeldNode.StartAsync();

    public async Task DisposeAsync()
    {
        _limit.Dispose();
        await _node.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void Ages_differ_by_a_tenth_and_neighbours_by_a_lot()
    {
        var age = TimeSpan.FromMinutes(30);
        var connections = new ConnectionAge(age, TimeProvider.System);
        var ages = Enumerable.Range(0, 201).Select(_ => connections.Next()).ToArray();

        Assert.Equal(201, ages.Distinct().Count());
        Assert.Equal((age * 0.9, age * 1.1), (ages.Min(), ages.Max()));
        Assert.All(ages.Zip(ages.Skip(1)), pair => Assert.True((pair.First - pair.Second).Duration() > age * 0.05, $"{pair}"));
    }

    [Fact]
    public async Task An_old_connection_is_told_to_go_away_and_the_call_on_it_ends_well_while_new_ones_come_over_another()
    {
        await using var praefect = await RunningPraefect.StartAsync(_folder, "listen_addr = \"127.0.0.1:0\"\n[silo]\nconnection_age = \"1s\"", _node.Address);
        var connections = 0;
        using var invoker = new HttpMessageInvoker(new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellationToken) =>
            {
                Interlocked.Increment(ref connections);
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, praefect.Port), cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            },
        });
        var client = new GrpcChannel(invoker);
        await using var idle = await RawHttp2.ConnectAsync(praefect.Port, _limit.Token);
        var held = client.UnaryAsync(Methods.Server.DiskStatistics, new DiskStatisticsRequest(), DiskStatisticsResponse.Parser, null, _limit.Token);
        await _node.Asked.WaitAsync(_limit.Token);

        await idle.ToldToGoAwayAsync(_limit.Token);
        while (Volatile.Read(ref connections) < 2)
            await client.UnaryAsync(Methods.Health.Check, new HealthCheckRequest(), HealthCheckResponse.Parser, null, _limit.Token);

        Assert.False(held.IsCompleted);
        _node.Release();
        Assert.Equal(7, Assert.Single((await held).StorageStatuses).Available);
    }
}

using System.Net;
using System.Net.Sockets;

namespace Praefect.Silo.Tests.Hosting;

/// <summary>What a start that works tells: nothing to worry about, and where to connect to.</summary>
public sealed class StartLogTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("praefect-log-").FullName;
    private HeldNode _node = null!;

    private string Socket => Path.Combine(_folder, "p.socket");

    public async Task InitializeAsync() => _node = await HeldNode.StartAsync();

    public async Task DisposeAsync()
    {
        await _node.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData("text", "level=info")]
    [InlineData("json", "\"level\":\"info\"")]
    public async Task A_start_warns_of_nothing(string format, string level)
    {
        await using var praefect = await RunningPraefect.StartAsync(_folder, $"listen_addr = \"127.0.0.1:0\"\n[logging]\nformat = \"{format}\"", _node.Address);

        Assert.NotEmpty(praefect.Lines);
        Assert.All(praefect.Lines, line => Assert.Contains(level, line, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Everything_that_one_can_connect_to_is_listed_and_nothing_else()
    {
        await using var praefect = await RunningPraefect.StartAsync(_folder, $"""
            listen_addr = "127.0.0.1:0"
            socket_path = "{Socket}"
            prometheus_listen_addr = "127.0.0.1:0"
            [git_http]
            listen_addr = "127.0.0.1:0"
            """, _node.Address);

        Assert.Equal($"unix:{Socket}", Assert.Single(praefect.Addresses, static address => !address.StartsWith("http://127.0.0.1:", StringComparison.Ordinal)));
        Assert.Equal(4, praefect.Addresses.Distinct(StringComparer.Ordinal).Count());
        foreach (var address in praefect.Addresses)
            await ConnectAsync(address);
        Assert.Equal(3, praefect.TcpListeners());
    }

    private static async Task ConnectAsync(string address)
    {
        const string Unix = "unix:";
        EndPoint endpoint = address.StartsWith(Unix, StringComparison.Ordinal)
            ? new UnixDomainSocketEndPoint(address[Unix.Length..])
            : new IPEndPoint(IPAddress.Loopback, new Uri(address).Port);
        using var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(endpoint);
    }
}

using System.Net;
using System.Net.Sockets;
using Praefect.Cluster.Networks;

namespace Praefect.Cluster.Tests.Networks;

/// <summary>What the proxy does to connections, on sockets of this process.</summary>
public sealed class FaultProxyTests : IAsyncLifetime
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Still = TimeSpan.FromMilliseconds(500);

    // More than the system's own buffers of two connections.
    private const long Much = 64 * 1024 * 1024;

    private readonly TcpListener _server = new(IPAddress.Loopback, 0);
    private readonly Link _link = new();
    private readonly CancellationTokenSource _limit = new(Limit);
    private FaultProxy _proxy = null!;

    public Task InitializeAsync()
    {
        _server.Start();
        _proxy = new FaultProxy(((IPEndPoint)_server.LocalEndpoint).Port, (_, _) => _link, TimeProvider.System);
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await _proxy.DisposeAsync();
        _server.Dispose();
        _link.Dispose();
        _limit.Dispose();
    }

    [Fact]
    public async Task Bytes_and_ends_pass_in_both_directions()
    {
        using var client = await ConnectAsync();
        using var server = await AcceptAsync();
        await client.SendAsync("to"u8.ToArray(), _limit.Token);
        client.Shutdown(SocketShutdown.Send);

        Assert.Equal("to", await ReadToEndAsync(server));
        await server.SendAsync("fro"u8.ToArray(), _limit.Token);
        server.Shutdown(SocketShutdown.Send);
        Assert.Equal("fro", await ReadToEndAsync(client));
    }

    [Fact]
    public async Task A_cut_link_is_silent_and_what_was_sent_arrives_when_it_is_whole_again()
    {
        using var client = await ConnectAsync();
        using var server = await AcceptAsync();
        _link.Set(LinkMode.Cut);
        await client.SendAsync("late"u8.ToArray(), _limit.Token);
        client.Shutdown(SocketShutdown.Send);
        await UntilAsync(() => _link.Held > 0);
        using var newcomer = await ConnectAsync();
        await UntilAsync(() => _link.Held > 1);
        Assert.Equal((0, false), (server.Available, _server.Pending()));

        _link.Set(LinkMode.Pass);

        Assert.Equal("late", await ReadToEndAsync(server));
        using var second = await AcceptAsync();
    }

    [Fact]
    public async Task A_cut_link_holds_no_more_than_a_buffer_so_that_the_sender_waits()
    {
        using var client = await ConnectAsync();
        using var server = await AcceptAsync();
        client.Blocking = false;
        _link.Set(LinkMode.Cut);
        var piece = new byte[64 * 1024];
        var sent = 0L;
        while (sent < Much && client.Poll(Still, SelectMode.SelectWrite))
            sent += client.Send(piece, SocketFlags.None, out _);
        Assert.InRange(sent, 1, Much - 1);

        _link.Set(LinkMode.Pass);
        client.Shutdown(SocketShutdown.Send);

        var received = 0L;
        while (await server.ReceiveAsync(piece, _limit.Token) is var read and > 0)
            received += read;
        Assert.Equal(sent, received);
    }

    [Fact]
    public async Task A_link_that_is_reset_breaks_old_and_new_connections_until_it_is_whole_again()
    {
        using var client = await ConnectAsync();
        using var server = await AcceptAsync();

        _link.Set(LinkMode.Reset);

        await Assert.ThrowsAsync<SocketException>(() => ReadToEndAsync(client));
        await Assert.ThrowsAsync<SocketException>(() => ReadToEndAsync(server));
        await Assert.ThrowsAsync<SocketException>(ConnectAndReadAsync);
        _link.Set(LinkMode.Pass);
        using var again = await ConnectAsync();
        using var accepted = await AcceptAsync();
        await again.SendAsync("again"u8.ToArray(), _limit.Token);
        again.Shutdown(SocketShutdown.Send);
        Assert.Equal("again", await ReadToEndAsync(accepted));
    }

    [Fact]
    public async Task A_process_that_does_not_listen_breaks_the_connection()
    {
        _server.Stop();
        await Assert.ThrowsAsync<SocketException>(ConnectAndReadAsync);
    }

    [LinuxFact]
    public async Task The_process_behind_a_connection_is_found()
    {
        using var client = await ConnectAsync();
        var socket = ConnectionOwner.Socket(((IPEndPoint)client.LocalEndPoint!).Port, _proxy.Port);

        Assert.NotNull(socket);
        Assert.True(ConnectionOwner.Owns(Environment.ProcessId, socket));
        using var another = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("cat") { UseShellExecute = false, RedirectStandardInput = true })!;
        Assert.False(ConnectionOwner.Owns(another.Id, socket));
        another.StandardInput.Close();
        await another.WaitForExitAsync(_limit.Token);
        Assert.False(ConnectionOwner.Owns(another.Id, socket));
        Assert.Null(ConnectionOwner.Socket(((IPEndPoint)client.LocalEndPoint!).Port, 1));
    }

    private async Task<Socket> ConnectAsync()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, _proxy.Port, _limit.Token);
        return socket;
    }

    // The break may come before this side knows of its own connection.
    private async Task ConnectAndReadAsync()
    {
        using var client = await ConnectAsync();
        await ReadToEndAsync(client);
    }

    private async Task<Socket> AcceptAsync() => await _server.AcceptSocketAsync(_limit.Token);

    private async Task<string> ReadToEndAsync(Socket socket)
    {
        var all = new List<byte>();
        var buffer = new byte[1024];
        while (await socket.ReceiveAsync(buffer, _limit.Token) is var read and > 0)
            all.AddRange(buffer.AsSpan(0, read));
        return System.Text.Encoding.ASCII.GetString([.. all]);
    }

    private async Task UntilAsync(Func<bool> condition)
    {
        while (!condition())
            await Task.Delay(10, _limit.Token);
    }
}

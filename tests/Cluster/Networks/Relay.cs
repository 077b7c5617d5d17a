using System.Net;
using System.Net.Sockets;

namespace Praefect.Cluster.Networks;

/// <summary>One connection through the proxy. Holds one buffer for each direction: who sends more waits, as for a full window.</summary>
internal sealed class Relay(Socket client, Link link, IPEndPoint target, TimeProvider time)
{
    private const int BufferSize = 16 * 1024;

    /// <summary>Runs until both directions have ended, or one of them has failed, which breaks the connection on both sides.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        var broken = link.Broken;
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stop, broken);
        using var server = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        client.NoDelay = true;
        try
        {
            await link.PassAsync(time, ended.Token);
            await server.ConnectAsync(target, ended.Token);
            await Task.WhenAll(PumpAsync(client, server, ended), PumpAsync(server, client, ended));
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            if (broken.IsCancellationRequested)
                link.CountBroken();
            client.LingerState = server.LingerState = new LingerOption(enable: true, seconds: 0);
        }
        finally
        {
            client.Dispose();
        }
    }

    private async Task PumpAsync(Socket from, Socket to, CancellationTokenSource ended)
    {
        var buffer = new byte[BufferSize];
        try
        {
            while (await from.ReceiveAsync(buffer, ended.Token) is var read and > 0)
            {
                await link.PassAsync(time, ended.Token);
                for (var sent = 0; sent < read;)
                    sent += await to.SendAsync(buffer.AsMemory(sent, read - sent), ended.Token);
            }

            await link.PassAsync(time, ended.Token);
            to.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException)
        {
            await ended.CancelAsync();
            throw;
        }
    }
}

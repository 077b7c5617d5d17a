using Praefect.Wire.Yamux;

namespace Praefect.Wire.Sidechannel;

/// <summary>The gateway between a node's sidechannel and its client's.</summary>
public static class SidechannelProxy
{
    /// <summary>
    /// Copies both ways until the node closes its stream; then the client's is closed, whatever happened. A node that closes before the
    /// client has sent all it wanted is no error: it has heard enough.
    /// </summary>
    /// <param name="client">The stream to the client; disposed of here.</param>
    /// <param name="node">The stream from the node; left to its owner.</param>
    /// <param name="cancellationToken">Ends the copy; the client's stream is then reset, so that what it has cannot look complete.</param>
    /// <exception cref="IOException">The client is gone, or the node's stream broke.</exception>
    public static async Task RunAsync(YamuxStream client, YamuxStream node, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var toNode = SidechannelFraming.CopyClientToServerAsync(client, node, stop.Token);
        var toClient = SidechannelFraming.CopyServerToClientAsync(node.Input, client, stop.Token);
        try
        {
            var first = await Task.WhenAny(toNode, toClient);
            if (first == toNode && toNode.IsFaulted && !node.Closed.IsCancellationRequested)
            {
                // The client broke its half: the node must see that as a break, not as silence.
                node.Abort();
                await toNode;
            }

            await toClient;
        }
        catch
        {
            client.Abort();
            throw;
        }
        finally
        {
            await stop.CancelAsync();
            await toNode.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await toClient.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await client.DisposeAsync();
        }
    }
}

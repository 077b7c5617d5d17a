using System.Buffers.Binary;
using Praefect.Wire.Backchannel;
using Praefect.Wire.Yamux;

namespace Praefect.Wire.Sidechannel;

/// <summary>The opening side: a storage node towards its client, and the gateway towards its own clients.</summary>
public static class SidechannelServer
{
    /// <summary>How long the client may take to confirm, from the opening of the stream on.</summary>
    public static readonly TimeSpan ConfirmationTimeout = TimeSpan.FromSeconds(5);

    private static ReadOnlySpan<byte> Confirmation => "ok"u8;

    /// <summary>Opens the sidechannel that the client registered under <paramref name="id"/>.</summary>
    /// <param name="peer">The client's backchannel.</param>
    /// <param name="id">The last value of the request's <see cref="SidechannelRegistry.MetadataKey"/>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <param name="time">The clock; the system's when null.</param>
    /// <exception cref="SidechannelException">
    /// The client is gone, does not know the id, or did not confirm in time. Worth a retry by the client: answer <c>UNAVAILABLE</c>.
    /// </exception>
    public static async Task<YamuxStream> OpenAsync(
        IBackchannelFeature peer, long id, CancellationToken cancellationToken, TimeProvider? time = null)
    {
        using var timeout = new CancellationTokenSource(ConfirmationTimeout, time ?? TimeProvider.System);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        YamuxStream? stream = null;
        try
        {
            stream = await peer.OpenStreamAsync(either.Token);
            await stream.WriteAsync(Greeting(id), either.Token);
            await ReadConfirmationAsync(stream, either.Token);
            return stream;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            stream?.Abort();
            throw new SidechannelException($"no confirmation within {ConfirmationTimeout.TotalSeconds} s");
        }
        catch (Exception e) when (e is not SidechannelException)
        {
            stream?.Abort();
            cancellationToken.ThrowIfCancellationRequested();
            throw new SidechannelException("connect to client", e);
        }
        catch
        {
            stream?.Abort();
            throw;
        }
    }

    private static byte[] Greeting(long id)
    {
        var greeting = new byte[BackchannelMagic.Length + sizeof(long)];
        BackchannelMagic.Sidechannel.CopyTo(greeting);
        BinaryPrimitives.WriteInt64BigEndian(greeting.AsSpan(BackchannelMagic.Length), id);
        return greeting;
    }

    private static async Task ReadConfirmationAsync(YamuxStream stream, CancellationToken cancellationToken)
    {
        var result = await stream.Input.ReadAtLeastAsync(Confirmation.Length, cancellationToken);
        if (result.Buffer.Length < Confirmation.Length)
            throw new SidechannelException("the client closed the stream: it does not know the id");
        var head = result.Buffer.Slice(0, Confirmation.Length);
        var confirmed = Confirmation.SequenceEqual(System.Buffers.BuffersExtensions.ToArray(head));
        stream.Input.AdvanceTo(head.End);
        if (!confirmed)
            throw new SidechannelException("the client did not confirm");
    }
}

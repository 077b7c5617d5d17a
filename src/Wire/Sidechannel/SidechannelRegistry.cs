using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.IO.Pipelines;
using Praefect.Wire.Yamux;

namespace Praefect.Wire.Sidechannel;

/// <summary>
/// Who waits for a sidechannel in this process, by the id that was sent as <see cref="MetadataKey"/>. A stream that arrives takes its
/// waiter out, so that an id serves once.
/// </summary>
public sealed class SidechannelRegistry(TimeProvider? time = null)
{
    /// <summary>The request header that carries a waiter's id; of several values the last counts.</summary>
    public const string MetadataKey = "gitaly-sidechannel-id";

    /// <summary>How long a server may take to send the id, and our confirmation to leave.</summary>
    public static readonly TimeSpan HandshakeTimeout = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long a stream waits for the server's close once its callback has ended: a server that stalls half-closed must not keep it.
    /// </summary>
    public static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(1);

    private const int IdBytes = sizeof(long);
    private static readonly byte[] s_confirmation = "ok"u8.ToArray();
    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private readonly ConcurrentDictionary<long, SidechannelWaiter> _waiters = new();
    private long _nextId = -1;

    /// <summary>Waiters whose stream has not arrived.</summary>
    public int Count => _waiters.Count;

    /// <summary>Registers a waiter. Dispose of it when the RPC is over, in any case.</summary>
    /// <param name="callback">Runs when the stream arrives, once; the stream is closed when it ends. Its token fires when the waiter is disposed of.</param>
    public SidechannelWaiter Register(Func<YamuxStream, CancellationToken, Task> callback)
    {
        var waiter = new SidechannelWaiter(this, Interlocked.Increment(ref _nextId), callback);
        _waiters[waiter.Id] = waiter;
        return waiter;
    }

    /// <summary>
    /// Serves a stream whose magic has been read already: reads the id, confirms, runs the waiter's callback to its end. The callback's
    /// failure belongs to its waiter and is not thrown here.
    /// </summary>
    /// <exception cref="SidechannelException">Nobody waits for this id; the stream is closed.</exception>
    /// <exception cref="IOException">The stream broke before the callback ran.</exception>
    public async Task ServeAsync(YamuxStream stream, CancellationToken cancellationToken)
    {
        await using var closing = stream;
        stream.CloseTimeout = CloseTimeout;
        SidechannelWaiter waiter;
        using (var timeout = new CancellationTokenSource(HandshakeTimeout, _time))
        using (var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken))
        {
            var id = await ReadIdAsync(stream.Input, either.Token);
            if (!_waiters.TryRemove(id, out waiter!))
                throw new SidechannelException(SidechannelException.NotRegistered);
            try
            {
                await stream.WriteAsync(s_confirmation, either.Token);
            }
            catch (Exception e) when (e is IOException or OperationCanceledException)
            {
                waiter.Fail(new SidechannelException("confirm", e));
                throw;
            }
        }

        await waiter.RunAsync(stream, cancellationToken);
    }

    internal bool Remove(long id) => _waiters.TryRemove(id, out _);

    private static async ValueTask<long> ReadIdAsync(PipeReader input, CancellationToken cancellationToken)
    {
        var result = await input.ReadAtLeastAsync(IdBytes, cancellationToken);
        if (result.Buffer.Length < IdBytes)
            throw new SidechannelException("unexpected end of the stream before its id");
        var head = result.Buffer.Slice(0, IdBytes);
        var id = BinaryPrimitives.ReadInt64BigEndian(head.ToArray());
        input.AdvanceTo(head.End);
        return id;
    }
}

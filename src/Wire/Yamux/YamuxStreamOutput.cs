using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace Praefect.Wire.Yamux;

/// <summary>
/// A stream's writer: gathers in one pooled array until flushed. Its bound is the user's habit of flushing, as with every
/// <see cref="PipeWriter"/>; a flush waits for the peer's window.
/// </summary>
internal sealed class YamuxStreamOutput(YamuxStream stream) : PipeWriter
{
    private const int FirstBytes = 4096;
    private byte[] _bytes = [];
    private int _length;
    private bool _completed;

    public override bool CanGetUnflushedBytes => true;

    public override long UnflushedBytes => _length;

    public override void Advance(int bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes, _bytes.Length - _length);
        _length += bytes;
    }

    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _bytes.AsMemory(_length);
    }

    public override Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _bytes.AsSpan(_length);
    }

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) =>
        _length == 0 ? new ValueTask<FlushResult>(default(FlushResult)) : SendAsync(default, cancellationToken);

    public override ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default) =>
        SendAsync(source, cancellationToken);

    public override void CancelPendingFlush() => stream.CancelWrite();

    public override void Complete(Exception? exception = null)
    {
        if (Interlocked.Exchange(ref _completed, true))
            return;

        // Data that was never flushed is lost, as is any way to tell the peer other than a reset: half an answer must not look whole.
        if (exception is not null || _length > 0)
            stream.Abort(exception);
        else
            stream.CloseWrite();
        Return();
    }

    public override async ValueTask CompleteAsync(Exception? exception = null)
    {
        if (exception is null && !_completed)
            await FlushAsync();
        Complete(exception);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<FlushResult> SendAsync(ReadOnlyMemory<byte> direct, CancellationToken cancellationToken)
    {
        try
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (_length > 0)
                await stream.WriteAsync(_bytes.AsMemory(0, _length), cancellationToken);
            Return();
            if (!direct.IsEmpty)
                await stream.WriteAsync(direct, cancellationToken);
            return default;
        }
        catch (FlushCanceledException)
        {
            // What was not sent cannot be told from what was; Kestrel cancels flushes only to end the connection.
            Return();
            return new FlushResult(isCanceled: true, isCompleted: false);
        }
        catch (IOException)
        {
            Return();
            return new FlushResult(isCanceled: false, isCompleted: true);
        }
    }

    private void Reserve(int sizeHint)
    {
        var needed = Math.Max(sizeHint, 1);
        if (_bytes.Length - _length >= needed)
            return;
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(Math.Max(FirstBytes, _bytes.Length * 2), _length + needed));
        _bytes.AsSpan(0, _length).CopyTo(larger);
        if (_bytes.Length > 0)
            ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = larger;
    }

    private void Return()
    {
        _length = 0;
        var bytes = Interlocked.Exchange(ref _bytes, []);
        if (bytes.Length > 0)
            ArrayPool<byte>.Shared.Return(bytes);
    }
}

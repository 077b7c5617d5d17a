using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace Praefect.Wire.Yamux;

/// <summary>A stream's reader: the buffer's own, with what is consumed counted towards new credit for the peer.</summary>
internal sealed class YamuxStreamInput(YamuxStream stream, PipeReader inner) : PipeReader
{
    private ReadOnlySequence<byte> _last;

    public override bool TryRead(out ReadResult result)
    {
        var read = inner.TryRead(out result);
        if (read)
            _last = result.Buffer;
        return read;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        var result = await inner.ReadAsync(cancellationToken);
        _last = result.Buffer;
        return result;
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        var count = _last.IsEmpty ? 0 : _last.Slice(0, consumed).Length;
        _last = default;
        inner.AdvanceTo(consumed, examined);
        stream.OnConsumed(count);
    }

    public override void CancelPendingRead() => inner.CancelPendingRead();

    public override void Complete(Exception? exception = null)
    {
        stream.OnReaderCompleted();
        inner.Complete(exception);
    }
}

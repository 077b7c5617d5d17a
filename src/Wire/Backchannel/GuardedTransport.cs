using System.IO.Pipelines;

namespace Praefect.Wire.Backchannel;

/// <summary>An HTTP/2 connection whose control frames are counted as Kestrel reads them; see <see cref="FrameBudget"/>.</summary>
internal sealed class GuardedTransport : IDuplexPipe
{
    /// <param name="inner">The connection, at its preface.</param>
    /// <param name="time">The clock of the budget.</param>
    /// <param name="exhausted">Called once when the peer has used up its budget; reading fails from then on.</param>
    public GuardedTransport(IDuplexPipe inner, TimeProvider time, Action exhausted)
    {
        var budget = new FrameBudget(time);
        var resets = new FrameBudget(time, FrameBudget.ResetsPerSecond, FrameBudget.ResetBurst);
        Input = new FrameCountingReader(inner.Input, budget, resets, exhausted);
        Output = new ByteCountingWriter(inner.Output, budget);
    }

    public PipeReader Input { get; }

    public PipeWriter Output { get; }

    private sealed class ByteCountingWriter(PipeWriter inner, FrameBudget budget) : PipeWriter
    {
        public override bool CanGetUnflushedBytes => inner.CanGetUnflushedBytes;

        public override long UnflushedBytes => inner.UnflushedBytes;

        public override void Advance(int bytes)
        {
            budget.EarnBySending(bytes);
            inner.Advance(bytes);
        }

        public override Memory<byte> GetMemory(int sizeHint = 0) => inner.GetMemory(sizeHint);

        public override Span<byte> GetSpan(int sizeHint = 0) => inner.GetSpan(sizeHint);

        public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) => inner.FlushAsync(cancellationToken);

        public override ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default)
        {
            budget.EarnBySending(source.Length);
            return inner.WriteAsync(source, cancellationToken);
        }

        public override void CancelPendingFlush() => inner.CancelPendingFlush();

        public override void Complete(Exception? exception = null) => inner.Complete(exception);

        public override ValueTask CompleteAsync(Exception? exception = null) => inner.CompleteAsync(exception);
    }
}

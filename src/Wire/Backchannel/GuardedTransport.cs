using System.IO.Pipelines;

namespace Praefect.Wire.Backchannel;

/// <summary>An HTTP/2 connection whose control frames are counted as Kestrel reads them; see <see cref="FrameBudget"/>.</summary>
internal sealed class GuardedTransport : IDuplexPipe
{
    /// <param name="inner">The connection, at its preface.</param>
    /// <param name="time">The clock of the budget.</param>
    /// <param name="exhausted">Called once when the peer has used up its budget; reading fails from then on.</param>
    /// <param name="ending">Called with the error code (RFC 9113, section 7) when this side tells a peer that is still there to go away.</param>
    public GuardedTransport(IDuplexPipe inner, TimeProvider time, Action exhausted, Action<uint> ending)
    {
        var budget = new FrameBudget(time);
        var resets = new FrameBudget(time, FrameBudget.ResetsPerSecond, FrameBudget.ResetBurst);
        var reader = new FrameCountingReader(inner.Input, budget, resets, exhausted);
        Input = reader;
        Output = new GoAwayNotingWriter(inner.Output, budget, code =>
        {
            if (!reader.PeerGone)
                ending(code);
        });
    }

    public PipeReader Input { get; }

    public PipeWriter Output { get; }
}

using Praefect.Gateway.Nodes;
using Praefect.Gateway.Proxying;
using Praefect.Wire.Grpc;

namespace Praefect.Gateway.Accessors;

/// <summary>
/// Cuts a read off that waits for the first answer of a node that falls silent, so that another replica can be asked. One that is being answered goes on: a
/// node under load may be late for its probes and send all the same.
/// </summary>
internal sealed class SilenceWatch : IDisposable
{
    private readonly ProxyCall _call;
    private readonly GatewayNode _node;
    private readonly CancellationTokenSource _cut;
    private readonly CancellationTokenRegistration _silence;
    private volatile bool _fired;

    public SilenceWatch(ProxyCall call, GatewayNode node)
    {
        (_call, _node) = (call, node);
        _cut = CancellationTokenSource.CreateLinkedTokenSource(call.Token);
        _silence = node.Silence.UnsafeRegister(static self => ((SilenceWatch)self!).Cut(), this);
    }

    /// <summary>Cuts the call off on this node.</summary>
    public CancellationToken Token => _cut.Token;

    /// <summary>What the end was: cut off here, or what it says.</summary>
    public CallEnd Judge(CallEnd end) => _fired && end.CutOff && !_call.Token.IsCancellationRequested
        ? new CallEnd(GrpcStatusCode.Unavailable, $"node \"{_node.Storage}\" answers nothing", end.Break) { FellSilent = end.Break == CallBreak.BeforeAnswer }
        : end;

    public void Dispose()
    {
        _silence.Dispose();
        _cut.Dispose();
    }

    private void Cut()
    {
        if (_call.Response.Begun)
            return;
        _fired = true;
        _cut.Cancel();
    }
}

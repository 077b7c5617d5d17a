using Orleans.Core.Internal;
using Orleans.Runtime;

namespace Praefect.Simulation.Hosting;

/// <content>Which turns run and which wait.</content>
internal sealed partial class Activation
{
    private readonly List<Turn> _waiting = [];
    private readonly List<Turn> _running = [];
    private readonly Dictionary<Guid, int> _reentrant = [];
    private Turn? _blocking;
    private bool _signalled;

    public void ReceiveMessage(object message) => Receive((Turn)message);

    public void Receive(Turn turn)
    {
        lock (_gate)
            _waiting.Add(turn);
        Signal();
    }

    /// <summary>The caller gave up: a call that waits is dropped, one that runs is told, in turn.</summary>
    public void Cancel(GrainCall call) => _queue.QueueAction(() =>
    {
        bool runs;
        lock (_gate)
        {
            _waiting.Remove(call);
            runs = _running.Contains(call);
        }

        if (runs)
            call.CancelRunning();
    });

    void ICallChainReentrantGrainContext.OnEnterReentrantSection(Guid reentrancyId)
    {
        lock (_gate)
            _reentrant[reentrancyId] = _reentrant.GetValueOrDefault(reentrancyId) + 1;
    }

    void ICallChainReentrantGrainContext.OnExitReentrantSection(Guid reentrancyId)
    {
        lock (_gate)
        {
            if (--_reentrant[reentrancyId] == 0)
                _reentrant.Remove(reentrancyId);
        }
    }

    // However much happens before it is looked at, one look is enough.
    private void Signal()
    {
        lock (_gate)
        {
            if (_signalled)
                return;
            _signalled = true;
        }

        _queue.QueueAction(static self => ((Activation)self).Look(), this);
    }

    private void Look()
    {
        lock (_gate)
        {
            _signalled = false;
            // Nothing runs beside an activation or deactivation, and neither begins beside a turn.
            if (_operating)
                return;
            _operating = _started && _running.Count == 0 && _operations.Count > 0;
        }

        if (_operating)
            _ = OperateAsync();
        else
            RunWaiting();
    }

    private void RunWaiting()
    {
        var next = 0;
        while (TakeRunnable(ref next) is { } turn)
        {
            var run = turn.RunAsync(this);
            if (run.IsCompleted)
                Completed(turn);
            else
                _ = CompleteAsync(turn, run);
        }

        PassOnIfGone();
    }

    private Turn? TakeRunnable(ref int next)
    {
        lock (_gate)
        {
            for (; next < _waiting.Count; next++)
            {
                var turn = _waiting[next];
                if (_state != ActivationState.Valid && !(turn.IsLocal && _state == ActivationState.Deactivating))
                    return null;
                if (!MayRun(turn))
                    continue;
                _waiting.RemoveAt(next);
                _running.Add(turn);
                if (_blocking is null && !turn.AlwaysInterleave)
                    _blocking = turn;
                return turn;
            }

            return null;
        }
    }

    /// <summary>The rule of interleaving. What blocks is the first of the turns that may not be interleaved with.</summary>
    private bool MayRun(Turn turn) =>
        _running.Count == 0 || turn.AlwaysInterleave || _blocking is null || (_blocking.ReadOnly && turn.ReadOnly)
        || (turn.ReentrancyId != Guid.Empty && _reentrant.ContainsKey(turn.ReentrancyId)) || _class.Reentrant;

    private async Task CompleteAsync(Turn turn, Task run)
    {
        await run.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        Completed(turn);
    }

    private void Completed(Turn turn)
    {
        lock (_gate)
        {
            _running.Remove(turn);
            if (turn.KeepsAlive)
                _lastUsed = _host.Now;
            if (_blocking is null || ReferenceEquals(_blocking, turn))
                _blocking = null;
        }

        Signal();
    }
}

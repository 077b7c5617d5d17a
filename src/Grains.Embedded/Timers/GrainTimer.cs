using Microsoft.Extensions.Logging;
using Orleans.Runtime;
using Praefect.Grains.Embedded.Activations;

namespace Praefect.Grains.Embedded.Timers;

/// <summary>A timer of an activation: its ticks are turns, and the next one is timed from the end of the last.</summary>
internal sealed partial class GrainTimer : IGrainTimer
{
    private readonly Activation _activation;
    private readonly Func<CancellationToken, Task> _callback;
    private readonly bool _interleave;
    private readonly bool _keepAlive;
    private readonly CancellationTokenSource _stop = new();
    private readonly ITimer _timer;
    private readonly Lock _gate = new();
    private TimeSpan _dueTime;
    private TimeSpan _period;
    private bool _firing;
    private bool _changed;

    internal GrainTimer(Activation activation, Func<CancellationToken, Task> callback, GrainTimerCreationOptions options)
    {
        Validate(options.DueTime, nameof(options));
        Validate(options.Period, nameof(options));
        _activation = activation;
        _callback = callback;
        _interleave = options.Interleave;
        _keepAlive = options.KeepAlive;
        // The registering call's ambient values are not the ticks' business.
        using (ExecutionContext.SuppressFlow())
        {
            _timer = activation.Runtime.Time.CreateTimer(static timer => ((GrainTimer)timer!).Tick(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    public void Change(TimeSpan dueTime, TimeSpan period)
    {
        Validate(dueTime, nameof(dueTime));
        Validate(period, nameof(period));
        lock (_gate)
        {
            _changed = true;
            _dueTime = dueTime;
            _period = period;
            if (!_firing && !_stop.IsCancellationRequested) _timer.Change(dueTime, Timeout.InfiniteTimeSpan);
        }
    }

    public void Dispose()
    {
        try
        {
            _stop.Cancel();
        }
        catch (AggregateException error)
        {
            LogTickFailed(_activation.Runtime.Log, error, _activation.GrainId);
        }

        _timer.Dispose();
        _activation.Forget(this);
    }

    private static void Validate(TimeSpan time, string name)
    {
        var milliseconds = (long)time.TotalMilliseconds;
        ArgumentOutOfRangeException.ThrowIfLessThan(milliseconds, -1, name);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(milliseconds, 0xfffffffe, name);
    }

    private void Tick()
    {
        lock (_gate)
        {
            if (_stop.IsCancellationRequested) return;
            _firing = true;
        }

        _activation.TryAccept(new TickTurn(this));
    }

    private async Task<Exception?> FireAsync()
    {
        if (_stop.IsCancellationRequested) return null;
        try
        {
            lock (_gate) _changed = false;
            await _callback(_stop.Token);
            return null;
        }
        catch (Exception error)
        {
            LogTickFailed(_activation.Runtime.Log, error, _activation.GrainId);
            return error;
        }
        finally
        {
            lock (_gate)
            {
                _firing = false;
                if (!_stop.IsCancellationRequested) _timer.Change(_changed ? _dueTime : _period, Timeout.InfiniteTimeSpan);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "A timer callback of {GrainId} failed; the timer goes on")]
    private static partial void LogTickFailed(ILogger log, Exception error, GrainId grainId);

    private sealed class TickTurn(GrainTimer timer) : Turn(null)
    {
        internal override bool AlwaysInterleave => timer._interleave;

        internal override bool Bounded => false;

        internal override bool KeepsAlive => timer._keepAlive;

        internal override bool Abandoned => timer._stop.IsCancellationRequested;

        public override void Execute() => _ = RunAsync();

        public override string ToString() => $"{timer._activation}.timer";

        // Only when the activation ends, and the timer with it.
        internal override void Fail(Exception error) { }

        private async Task RunAsync()
        {
            Ambient.Value = this;
            Target!.Complete(this, await timer.FireAsync());
        }
    }
}

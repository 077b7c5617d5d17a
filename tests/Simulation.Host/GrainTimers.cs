using Microsoft.Extensions.Logging;
using Orleans.Runtime;
using Orleans.Serialization.Invocation;
using Orleans.Timers;

namespace Praefect.Simulation.Hosting;

/// <summary>Timers of grains: a tick is a turn, and the next one is timed from the end of the last.</summary>
internal sealed partial class GrainTimers(TimeProvider time, ILogger<GrainTimers> logger) : ITimerRegistry
{
    public IDisposable RegisterTimer(IGrainContext grainContext, Func<object?, Task> callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        RegisterGrainTimer(grainContext, (s, _) => callback(s), state, new GrainTimerCreationOptions(dueTime, period) { Interleave = true });

    public IGrainTimer RegisterGrainTimer<TState>(
        IGrainContext grainContext, Func<TState, CancellationToken, Task> callback, TState state, GrainTimerCreationOptions options)
    {
        ArgumentNullException.ThrowIfNull(callback);
        var timer = new GrainTimer((Activation)grainContext, token => callback(state, token), options, time, logger);
        timer.Change(options.DueTime, options.Period);
        return timer;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "A timer callback of {GrainId} failed; the timer goes on")]
    private static partial void LogTickFailed(ILogger logger, Exception error, GrainId grainId);

    private sealed class GrainTimer : IGrainTimer
    {
        private readonly Activation _activation;
        private readonly Func<CancellationToken, Task> _callback;
        private readonly GrainTimerCreationOptions _options;
        private readonly ILogger _logger;
        private readonly CancellationTokenSource _stop = new();
        private readonly ITimer _timer;
        private readonly Lock _gate = new();
        private TimeSpan _dueTime;
        private TimeSpan _period;
        private bool _firing;
        private bool _changed;

        public GrainTimer(
            Activation activation, Func<CancellationToken, Task> callback, GrainTimerCreationOptions options, TimeProvider time, ILogger logger)
        {
            (_activation, _callback, _options, _logger) = (activation, callback, options, logger);
            // The ambient values of whoever registers it are not those of its ticks.
            using (ExecutionContext.SuppressFlow())
                _timer = time.CreateTimer(static timer => ((GrainTimer)timer!).Fire(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            activation.Add(this);
        }

        public void Change(TimeSpan dueTime, TimeSpan period)
        {
            Validate(dueTime, nameof(dueTime));
            Validate(period, nameof(period));
            lock (_gate)
            {
                (_changed, _dueTime, _period) = (true, dueTime, period);
                if (!_firing && !_stop.IsCancellationRequested)
                    _timer.Change(dueTime, Timeout.InfiniteTimeSpan);
            }
        }

        public void Dispose()
        {
            try
            {
                _stop.Cancel();
            }
            catch (AggregateException e)
            {
                LogTickFailed(_logger, e, _activation.GrainId);
            }

            _timer.Dispose();
            _activation.Remove(this);
        }

        private static void Validate(TimeSpan time, string name)
        {
            var milliseconds = (long)time.TotalMilliseconds;
            ArgumentOutOfRangeException.ThrowIfLessThan(milliseconds, -1, name);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(milliseconds, 0xfffffffe, name);
        }

        private void Fire()
        {
            lock (_gate)
            {
                if (_stop.IsCancellationRequested)
                    return;
                _firing = true;
            }

            _activation.ReceiveMessage(new Tick(this));
        }

        private async ValueTask<Response> TickAsync()
        {
            lock (_gate)
                _changed = false;
            try
            {
                await _callback(_stop.Token);
                return Response.Completed;
            }
            catch (Exception e)
            {
                LogTickFailed(_logger, e, _activation.GrainId);
                return Response.FromException(e);
            }
            finally
            {
                lock (_gate)
                {
                    _firing = false;
                    if (!_stop.IsCancellationRequested)
                        _timer.Change(_changed ? _dueTime : _period, Timeout.InfiniteTimeSpan);
                }
            }
        }

        private sealed class Tick(GrainTimer timer) : Turn
        {
            public override bool AlwaysInterleave => timer._options.Interleave;

            public override bool KeepsAlive => timer._options.KeepAlive;

            public override bool IsLocal => true;

            public override string ToString() => $"a timer of {timer._activation.GrainId}";

            protected override ValueTask<Response> InvokeAsync(IGrainContext target) => timer.TickAsync();
        }
    }
}

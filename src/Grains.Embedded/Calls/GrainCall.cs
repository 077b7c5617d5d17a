using Microsoft.Extensions.Logging;
using Orleans.Runtime;
using Praefect.Grains.Embedded.Activations;

namespace Praefect.Grains.Embedded.Calls;

/// <summary>One call: a turn at its target, and the answer that its caller awaits.</summary>
internal abstract partial class GrainCall<T> : Turn
{
    private readonly TaskCompletionSource<T> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly GrainMethod _method;
    private readonly GrainReference _reference;
    private readonly object?[] _args;
    private readonly CancellationTokenSource? _signal;
    private readonly Dictionary<string, object>? _requestContext;
    private readonly long _deadline;
    private CancellationTokenRegistration _registration;
    private volatile bool _abandoned;

    // A one-way call has no parent: nobody waits for it, so it can be in no deadlock.
    protected GrainCall(GrainMethod method, GrainReference reference, object?[] args, CancellationTokenSource? signal)
        : base(method.OneWay ? null : Ambient.Value)
    {
        _method = method;
        _reference = reference;
        _args = args;
        _signal = signal;
        _requestContext = RequestContext.Values;
        _deadline = reference.Runtime.DeadlineAfter(Timeout);
    }

    internal override bool ReadOnly => _method.ReadOnly;

    internal override bool AlwaysInterleave => _method.AlwaysInterleave;

    internal override bool Abandoned => _abandoned;

    internal override long Deadline => _deadline;

    internal override Guid ReentrancyId => RequestContext.ReentrancyIdIn(_requestContext);

    private TimeSpan Timeout => _method.Timeout ?? _reference.Runtime.Options.ResponseTimeout;

    public override void Execute() => _ = RunAsync();

    public override string ToString() => $"{_reference.GrainId}.{_method.Name}";

    internal Task<T> Send(GrainReference reference, CancellationToken token)
    {
        if (token.IsCancellationRequested) return Task.FromCanceled<T>(token);
        // Before the call is on its way: its end must find the registration.
        if (_signal is not null) _registration = token.UnsafeRegister(static (call, token) => ((GrainCall<T>)call!).OnCallerCancelled(token), this);
        reference.Runtime.Route(reference, this);
        return _method.OneWay ? Task.FromResult(default(T)!) : _answer.Task;
    }

    internal override void Fail(Exception error)
    {
        _registration.Unregister();
        End();
        if (_method.OneWay) LogOneWayFailed(_reference.Runtime.Log, error, this);
        else _answer.TrySetException(error);
    }

    internal override void Expire() => _answer.TrySetException(
        new TimeoutException($"Response did not arrive on time in {Timeout} for message: {this}. The grain is not cancelled and may still finish it."));

    protected abstract ValueTask<T> InvokeAsync(object target, object?[] args);

    private async Task RunAsync()
    {
        Ambient.Value = this;
        if (_requestContext is not null) RequestContext.Values = _requestContext;
        T result = default!;
        Exception? failure = null;
        try
        {
            result = await InvokeAsync(Target!.GrainInstance!, _args);
        }
        catch (Exception error)
        {
            failure = error;
        }

        _registration.Unregister();
        Target!.Complete(this, failure);
        if (failure is null) _answer.TrySetResult(result);
        else if (_method.OneWay) LogOneWayFailed(_reference.Runtime.Log, failure, this);
        else _answer.TrySetException(failure);
    }

    private void OnCallerCancelled(CancellationToken token)
    {
        _abandoned = true;
        // Pairs with the barrier where the target takes the call: one of the two sees the other.
        Interlocked.MemoryBarrier();
        Target?.Withdraw(this, _signal!);
        _answer.TrySetCanceled(token);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "One-way call {Call} failed")]
    private static partial void LogOneWayFailed(ILogger log, Exception error, Turn call);
}

using Microsoft.Extensions.Logging;
using Orleans.CodeGeneration;
using Orleans.Runtime;
using Orleans.Serialization.Invocation;

namespace Praefect.Simulation.Hosting;

/// <summary>One call: a turn at its target, and the answer that its caller awaits.</summary>
internal sealed partial class GrainCall : Turn
{
    private readonly GrainHost _host;
    private readonly IInvokable _request;
    private readonly InvokeMethodOptions _options;
    private readonly IResponseCompletionSource? _answer;
    private readonly KeyValuePair<string, object>[] _context;
    private CancellationTokenRegistration _registration;
    private int _answered;
    private int _cancelled;

    public GrainCall(GrainHost host, GrainId target, IInvokable request, InvokeMethodOptions options, IResponseCompletionSource? answer)
    {
        (_host, Target, _request, _options, _answer) = (host, target, request, options, answer);
        _context = [.. RequestContext.Entries];
        ReentrancyId = RequestContext.ReentrancyId;
        Timeout = request.GetDefaultResponseTimeout() ?? host.ResponseTimeout;
        Deadline = host.DeadlineAfter(Timeout);
    }

    public GrainId Target { get; }

    public TimeSpan Timeout { get; }

    /// <summary>In <see cref="TimeProvider.GetTimestamp"/>.</summary>
    public long Deadline { get; }

    /// <summary>How often an activation that went away passed it on.</summary>
    public int Forwards { get; set; }

    public bool OneWay => _options.HasFlag(InvokeMethodOptions.OneWay);

    /// <summary>Its place among the calls that wait for an answer; the host's.</summary>
    public LinkedListNode<GrainCall>? Waiting { get; set; }

    public override bool ReadOnly => _options.HasFlag(InvokeMethodOptions.ReadOnly);

    public override bool AlwaysInterleave => _options.HasFlag(InvokeMethodOptions.AlwaysInterleave);

    public override Guid ReentrancyId { get; }

    public override bool IsOver => _host.IsPast(Deadline) || Volatile.Read(ref _cancelled) != 0;

    public override string ToString() => $"{_request.GetInterfaceName()}.{_request.GetMethodName()} of {Target}";

    public void Subscribe(CancellationToken token)
    {
        if (token.CanBeCanceled)
            _registration = token.UnsafeRegister(static (call, token) => ((GrainCall)call!).CallerCancelled(token), this);
    }

    public override void Fail(Exception error)
    {
        if (OneWay)
            LogOneWayFailed(_host.Log, error, this);
        else
            Answer(Response.FromException(error));
    }

    /// <summary>The caller gets this, unless it got something before.</summary>
    public void Answer(Response response)
    {
        if (Interlocked.Exchange(ref _answered, 1) != 0)
            return;
        _registration.Unregister();
        _host.Forget(this);
        _answer?.Complete(response);
    }

    /// <summary>The caller has waited long enough. The grain is not told.</summary>
    public void Expire() => Answer(Response.FromException(new TimeoutException($"Response did not arrive on time in {Timeout} for message: {this}.")));

    /// <summary>Tells the method that runs.</summary>
    public void CancelRunning()
    {
        try
        {
            _request.TryCancel();
        }
        catch (Exception e)
        {
            LogCancellationFailed(_host.Log, e, this);
        }
    }

    protected override async ValueTask<Response> InvokeAsync(IGrainContext target)
    {
        foreach (var (key, value) in _context)
            RequestContext.Set(key, value);
        _request.SetTarget(target);
        var response = OrleansParts.Instance.Responses.Copy(await _request.Invoke());
        _request.Dispose();
        return response;
    }

    protected override void Ended(Response response)
    {
        if (!OneWay)
            Answer(response);
        else if (response.Exception is { } error)
            LogOneWayFailed(_host.Log, error, this);
    }

    private void CallerCancelled(CancellationToken token)
    {
        if (Volatile.Read(ref _answered) != 0)
            return;
        Answer(Response.FromException(new OperationCanceledException(token)));
        if (!_request.IsCancellable || Interlocked.Exchange(ref _cancelled, 1) != 0)
            return;
        _host.Cancel(this);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "One-way call {Call} failed")]
    private static partial void LogOneWayFailed(ILogger log, Exception error, GrainCall call);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A cancellation callback of {Call} failed")]
    private static partial void LogCancellationFailed(ILogger log, Exception error, GrainCall call);
}

using Praefect.Wire.Contract;
using Praefect.Wire.Protos;
using ServingStatus = Praefect.Wire.Protos.HealthCheckResponse.Types.ServingStatus;

namespace Praefect.Wire.Grpc;

/// <summary>The standard health service: the empty name stands for the whole server. Starts serving; a server that drains says so.</summary>
public sealed class GrpcHealthService
{
    private readonly Lock _lock = new();
    private readonly HashSet<string> _names;
    private bool _serving = true;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Answers for the empty name and for <paramref name="services"/>.</summary>
    public GrpcHealthService(params IEnumerable<string> services) => _names = new HashSet<string>(services, StringComparer.Ordinal) { "" };

    /// <summary>Adds Check and Watch to a table.</summary>
    public GrpcMethodTable Register(GrpcMethodTable table)
    {
        ArgumentNullException.ThrowIfNull(table);
        return table
            .Unary<HealthCheckRequest, HealthCheckResponse>(Methods.Health.Check, HealthCheckRequest.Parser, (request, _) => Task.FromResult(Check(request)))
            .ServerStream<HealthCheckRequest, HealthCheckResponse>(Methods.Health.Watch, HealthCheckRequest.Parser, WatchAsync);
    }

    /// <summary>Says whether the server takes calls; watchers are told.</summary>
    public void SetServing(bool serving)
    {
        lock (_lock)
        {
            if (_serving == serving)
            {
                return;
            }

            _serving = serving;
            _changed.TrySetResult();
            _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    private HealthCheckResponse Check(HealthCheckRequest request) =>
        _names.Contains(request.Service)
            ? new HealthCheckResponse { Status = Current().Status }
            : throw new GrpcException(GrpcStatusCode.NotFound, "unknown service");

    private async Task WatchAsync(HealthCheckRequest request, GrpcServerCall call, IGrpcResponseStream<HealthCheckResponse> responses)
    {
        // An unknown service may become known, so the protocol keeps the stream open; here it never does.
        var known = _names.Contains(request.Service);
        while (true)
        {
            var (status, changed) = Current();
            await responses.WriteAsync(new HealthCheckResponse { Status = known ? status : ServingStatus.ServiceUnknown }, call.CancellationToken);
            await (known ? changed : Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, call.CancellationToken)).WaitAsync(call.CancellationToken);
        }
    }

    private (ServingStatus Status, Task Changed) Current()
    {
        lock (_lock)
        {
            return (_serving ? ServingStatus.Serving : ServingStatus.NotServing, _changed.Task);
        }
    }
}

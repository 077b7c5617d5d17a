using Microsoft.AspNetCore.Http;
using Praefect.Gateway.Metadata;
using Praefect.Wire.Grpc;

namespace Praefect.Gateway.Proxying;

/// <summary>When a call ends at the latest, and the token that says that it must end now: client gone, or time is up.</summary>
internal sealed class CallDeadline : IDisposable
{
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource? _timer;
    private readonly CancellationTokenSource? _linked;
    private readonly long _end;

    private CallDeadline(TimeProvider time, TimeSpan? timeout, CancellationToken aborted)
    {
        _time = time;
        ClientGone = aborted;
        Token = aborted;
        if (timeout is not { } left)
            return;
        // Timers end at some seven weeks; a deadline beyond that is none.
        left = left > TimeSpan.FromDays(40) ? TimeSpan.FromDays(40) : left;
        _end = time.GetTimestamp() + (long)(left.TotalSeconds * time.TimestampFrequency);
        _timer = new CancellationTokenSource(left, time);
        _linked = CancellationTokenSource.CreateLinkedTokenSource(_timer.Token, aborted);
        Token = _linked.Token;
    }

    /// <summary>Client gone, or time is up.</summary>
    public CancellationToken Token { get; }

    /// <summary>The client cancelled or its connection is lost: nobody reads an answer.</summary>
    public CancellationToken ClientGone { get; }

    public bool Exists => _timer is not null;

    public bool Expired => _timer is { IsCancellationRequested: true };

    /// <summary>What is left of the client's time; never below zero. Only where <see cref="Exists"/>.</summary>
    public TimeSpan Left
    {
        get
        {
            var left = _time.GetElapsedTime(_time.GetTimestamp(), _end);
            return left < TimeSpan.Zero ? TimeSpan.Zero : left;
        }
    }

    /// <summary>Reads the client's deadline.</summary>
    /// <exception cref="GrpcException">InvalidArgument: the header is not a gRPC timeout.</exception>
    public static CallDeadline Start(HttpContext http, TimeProvider time)
    {
        string? header = http.Request.Headers[MetadataKeys.GrpcTimeout];
        if (header is null)
            return new CallDeadline(time, timeout: null, http.RequestAborted);
        return GrpcTimeout.TryParse(header, out var timeout)
            ? new CallDeadline(time, timeout, http.RequestAborted)
            : throw new GrpcException(GrpcStatusCode.InvalidArgument, $"malformed grpc-timeout: \"{header}\"");
    }

    public void Dispose()
    {
        _linked?.Dispose();
        _timer?.Dispose();
    }
}

using System.Runtime.CompilerServices;
using Google.Protobuf;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Praefect.Wire.Grpc;

/// <summary>One method of our own services: reads the request, calls the handler, writes the answer.</summary>
public abstract class GrpcServerMethod
{
    /// <summary>Answers one call. Failures become statuses; nothing is thrown but what a broken connection throws.</summary>
    public abstract Task InvokeAsync(HttpContext context);
}

/// <summary>What all methods of a table share.</summary>
internal sealed record GrpcServerSettings(TimeProvider Time, int MaxMessageBytes, ILogger Logger);

/// <summary>The course of a call that all kinds share.</summary>
internal abstract partial class GrpcServerMethod<TRequest, TResponse>(string path, MessageParser<TRequest> parser, GrpcServerSettings settings) : GrpcServerMethod
    where TRequest : class, IMessage<TRequest>
    where TResponse : class, IMessage<TResponse>
{
    public override async Task InvokeAsync(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (!GrpcResponses.IsGrpcRequest(context))
        {
            context.Response.StatusCode = StatusCodes.Status415UnsupportedMediaType;
            return;
        }

        GrpcResponses.LiftHttpLimits(context);
        TimeSpan? timeout = null;
        if (context.Request.Headers.TryGetValue(GrpcHeaders.Timeout, out var header))
        {
            if (!GrpcTimeout.TryParse(header[0], out var parsed))
            {
                await GrpcResponses.WriteStatusAsync(context, new GrpcStatus(GrpcStatusCode.Internal, $"malformed grpc-timeout \"{header[0]}\""));
                return;
            }

            timeout = parsed;
        }

        using var deadline = new CallDeadline(timeout, settings.Time, context.RequestAborted);
        await RunAsync(new GrpcServerCall(context, deadline, settings.MaxMessageBytes));
    }

    /// <summary>Reads, handles and writes; throws what failed.</summary>
    protected abstract Task HandleAsync(GrpcRequestReader<TRequest> requests, GrpcResponseWriter<TResponse> responses, GrpcServerCall call);

    /// <summary>The only request of a kind of call that has one.</summary>
    protected static async ValueTask<TRequest> ReadOnlyRequestAsync(GrpcRequestReader<TRequest> requests, GrpcServerCall call)
    {
        var request = await requests.ReadAsync(call.CancellationToken)
            ?? throw new GrpcException(GrpcStatusCode.InvalidArgument, "client ended the request without a message");
        return await requests.ReadAsync(call.CancellationToken) is null
            ? request
            : throw new GrpcException(GrpcStatusCode.InvalidArgument, "client sent more than one message where one is expected");
    }

    /// <summary>The requests of a kind of call that has a stream of them.</summary>
    protected static async IAsyncEnumerable<TRequest> ReadAllAsync(
        GrpcRequestReader<TRequest> requests, GrpcServerCall call, [EnumeratorCancellation] CancellationToken ct = default)
    {
        using var both = ct.CanBeCanceled && ct != call.CancellationToken ? CancellationTokenSource.CreateLinkedTokenSource(ct, call.CancellationToken) : null;
        while (await requests.ReadAsync(both?.Token ?? call.CancellationToken) is { } request)
        {
            yield return request;
        }
    }

    private async Task RunAsync(GrpcServerCall call)
    {
        var context = call.HttpContext;
        var status = GrpcStatus.Ok;
        GrpcMetadata trailers = call.Trailers;
        try
        {
            var encoding = call.Header(GrpcHeaders.Encoding);
            if (encoding is not null and not "identity" and not "gzip")
            {
                context.Response.Headers[GrpcHeaders.AcceptEncoding] = GrpcHeaders.AcceptedEncodings;
                throw new GrpcException(GrpcStatusCode.Unimplemented, $"grpc-encoding \"{encoding}\" is not supported, use gzip or identity");
            }

            var requests = new GrpcRequestReader<TRequest>(context.Request.BodyReader, parser, encoding, call.MaxMessageBytes);
            await HandleAsync(requests, new GrpcResponseWriter<TResponse>(call), call);
        }
        catch (Exception e)
        {
            // The one owner of a handler's failures: each becomes a status.
            status = StatusOf(e, call);
            if (status.Code == GrpcStatusCode.Internal && e is not GrpcException)
            {
                LogFailed(settings.Logger, e, path);
            }

            foreach (var (key, value) in (e as GrpcException)?.Trailers ?? [])
            {
                trailers.Add(key, value);
            }
        }

        if (!context.RequestAborted.IsCancellationRequested)
        {
            GrpcResponses.SetStatus(context, status, trailers, call.BodyStarted || context.Response.HasStarted);
            await context.Response.CompleteAsync();
        }
    }

    private static GrpcStatus StatusOf(Exception e, GrpcServerCall call)
    {
        var status = e switch
        {
            GrpcException grpc => grpc.Status,
            OperationCanceledException => new GrpcStatus(GrpcStatusCode.Cancelled, call.DeadlineExpired ? "deadline exceeded" : "call cancelled"),
            _ => new GrpcStatus(GrpcStatusCode.Internal, e.Message),
        };

        // What fails after the deadline fails because of it: the client counts on that code.
        return call.DeadlineExpired ? status with { Code = GrpcStatusCode.DeadlineExceeded } : status;
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "handler of {Path} failed")]
    private static partial void LogFailed(ILogger logger, Exception exception, string path);
}

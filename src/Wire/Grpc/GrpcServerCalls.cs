using System.Collections.Frozen;
using System.IO.Pipelines;
using System.Reflection;
using Google.Protobuf;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace Praefect.Wire.Grpc;

/// <summary>
/// Ahead of the end points: starts the client's deadline for whoever answers, passes on what typed services leave, and is the one place where the failure of a
/// typed call becomes a status, whether its handler failed or its message could not be read.
/// </summary>
internal sealed partial class GrpcServerCalls(RequestDelegate next, EndpointDataSource endpoints, TimeProvider time, ILogger<GrpcServerCalls> logger)
{
    private readonly Lazy<FrozenSet<string>> _served = new(() => Served(endpoints));

    public async Task InvokeAsync(HttpContext http)
    {
        TimeSpan? timeout = null;
        if (http.Request.Headers.TryGetValue(GrpcHeaders.Timeout, out var header))
        {
            if (!GrpcTimeout.TryParse(header[0], out var given))
            {
                // As grpc-go has it: its transport answers before anything looks at the method.
                await GrpcResponses.WriteStatusAsync(http, new GrpcStatus(GrpcStatusCode.Internal, $"malformed grpc-timeout: \"{header[0]}\""));
                return;
            }

            timeout = given;
        }

        using var deadline = new CallDeadline(timeout, time, http.RequestAborted);
        http.Features.Set(deadline);
        if (http.GetEndpoint()?.Metadata.GetMetadata<GrpcMethodMetadata>() is null)
        {
            await next(http);
        }
        else if (_served.Value.Contains(http.Request.Path.Value!))
        {
            await AnswerAsync(http, deadline);
        }
        else
        {
            // Routing matches in any case, and the generated base maps every method of its service.
            http.SetEndpoint(null);
            await next(http);
        }
    }

    // The library's own deadline reads the system's clock, takes 1 ns for none and answers while the handler still runs: it sees no timeout and gets the token.
    private async Task AnswerAsync(HttpContext http, CallDeadline deadline)
    {
        var client = http.RequestAborted;
        var headers = http.Request.Headers;
        headers.Remove(GrpcHeaders.Timeout, out var timeout);
        http.RequestAborted = deadline.Token;
        try
        {
            // The library waits for the only message of a call without a token.
            await using var wake = deadline.TimeLeft is null
                ? default
                : deadline.Token.UnsafeRegister(static body => Wake((PipeReader)body!), http.Request.BodyReader);
            await next(http);
        }
        finally
        {
            http.RequestAborted = client;
            if (timeout.Count > 0)
            {
                headers[GrpcHeaders.Timeout] = timeout;
            }
        }

        if (!client.IsCancellationRequested && http.Features.Get<IServerCallContextFeature>() is { } call)
        {
            End(http, call.ServerCallContext.Status, deadline);
        }
    }

    private static void Wake(PipeReader body)
    {
        try
        {
            body.CancelPendingRead();
        }
        catch (Exception)
        {
            // Kestrel throws whatever ended the request first, a reset by the library's own writer for one; nobody waits for a body then. From here it would
            // reach the timer of the deadline, and end the process.
        }
    }

    private void End(HttpContext http, Status given, CallDeadline deadline)
    {
        // UNKNOWN with an exception: something else than a status was thrown.
        var thrown = given.StatusCode == StatusCode.Unknown ? given.DebugException : null;
        if (given.StatusCode == StatusCode.OK || (thrown is null && !deadline.Expired))
        {
            return;
        }

        var status = thrown is null ? GrpcStatus.TimeIsUp : GrpcFailures.FromHandler(thrown);
        if (deadline.Expired)
        {
            // Whatever failed, it failed because time was up: the client counts on that code.
            status = thrown is OperationCanceledException ? GrpcStatus.TimeIsUp : status with { Code = GrpcStatusCode.DeadlineExceeded };
        }
        else if (status.Code == GrpcStatusCode.Internal && thrown is not GrpcException and not InvalidProtocolBufferException)
        {
            LogFailed(logger, thrown!, http.Request.Path);
        }

        GrpcResponses.SetStatus(http, status, (thrown as GrpcException)?.Trailers, http.Response.HasStarted);
    }

    private static FrozenSet<string> Served(EndpointDataSource endpoints) => endpoints.Endpoints
        .Select(static endpoint => endpoint.Metadata.GetMetadata<GrpcMethodMetadata>())
        .Where(static method => method is not null && !IsLeftToOthers(method))
        .Select(static method => method!.Method.FullName)
        .ToFrozenSet(StringComparer.Ordinal);

    private static bool IsLeftToOthers(GrpcMethodMetadata method) =>
        method.ServiceType.GetMethod(method.Method.Name)?.DeclaringType?.IsDefined(typeof(BindServiceMethodAttribute), inherit: false) == true;

    [LoggerMessage(Level = LogLevel.Error, Message = "handler of {Path} failed")]
    private static partial void LogFailed(ILogger logger, Exception exception, string path);
}

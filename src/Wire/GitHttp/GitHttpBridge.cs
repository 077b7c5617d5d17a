using System.IO.Compression;
using Google.Protobuf;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Praefect.Wire.Grpc;

namespace Praefect.Wire.GitHttp;

/// <summary>Chooses the server and the repository of a request; null when there is none such. May throw <see cref="GrpcException"/>.</summary>
public delegate ValueTask<GitHttpTarget?> GitHttpBackend(HttpContext context, GitHttpRequest request);

/// <summary>
/// Git's smart HTTP protocol in front of any server that speaks Gitaly's: what <c>git clone</c>, <c>fetch</c> and <c>push</c> say becomes
/// InfoRefs, PostUploadPackWithSidechannel and PostReceivePack. Bodies pass in pieces; a slow side slows the other.
/// </summary>
public sealed partial class GitHttpBridge
{
    private const int PieceBytes = 128 * 1024;

    private readonly GitHttpBackend _backend;
    private readonly ILogger _logger;

    /// <summary>Sends requests where <paramref name="backend"/> says.</summary>
    public GitHttpBridge(GitHttpBackend backend, ILogger<GitHttpBridge> logger)
    {
        _backend = backend;
        _logger = logger;
    }

    /// <summary>Answers a request, one that is not Git's with 404. Throws nothing but what an abandoned request throws.</summary>
    public async Task HandleAsync(HttpContext context)
    {
        if (!GitHttpRequest.TryParse(context.Request, out var request))
        {
            await GitHttpErrors.WriteTextAsync(
                context, StatusCodes.Status404NotFound, "not found: this address serves Git over smart HTTP, for example git clone http://host/group/project.git");
            return;
        }

        GrpcResponses.LiftHttpLimits(context);
        try
        {
            await ServeAsync(context, request);
        }
        catch (GrpcException exception)
        {
            LogFailed(request.RepositoryPath, request.ServiceName, exception.Status);
            await GitHttpErrors.WriteAsync(context, exception.Status);
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException or InvalidDataException)
        {
            LogBroken(exception, request.RepositoryPath, request.ServiceName);
            if (!context.RequestAborted.IsCancellationRequested)
            {
                await GitHttpErrors.WriteAsync(context, new GrpcStatus(GrpcStatusCode.InvalidArgument, "the request or its answer broke off"));
            }
        }
    }

    private async Task ServeAsync(HttpContext context, GitHttpRequest request)
    {
        var target = await _backend(context, request)
            ?? throw new GrpcException(GrpcStatusCode.NotFound, $"repository not found: {request.RepositoryPath}");
        context.Response.Headers.CacheControl = "no-cache, max-age=0, must-revalidate";
        context.Response.Headers.Pragma = "no-cache";
        context.Response.Headers.Expires = "Fri, 01 Jan 1980 00:00:00 GMT";
        context.Response.ContentType = $"application/x-{request.ServiceName}-{(request.Discovery ? "advertisement" : "result")}";
        var protocol = context.Request.Headers["Git-Protocol"].ToString();
        if (request.Discovery)
        {
            await AdvertiseAsync(context, request, target, protocol);
            return;
        }

        await using var body = OpenBody(context.Request);
        if (request.Service == GitService.UploadPack)
        {
            await FetchExchange.RunAsync(context, target, protocol, body);
        }
        else
        {
            await PushAsync(context, target, protocol, body);
        }
    }

    private static async Task AdvertiseAsync(HttpContext context, GitHttpRequest request, GitHttpTarget target, string protocol)
    {
        var method = request.Service == GitService.UploadPack ? "InfoRefsUploadPack" : "InfoRefsReceivePack";
        await using var call = target.Channel.Open<Protos.InfoRefsRequest, Protos.InfoRefsResponse>(
            $"/gitaly.SmartHTTPService/{method}", Protos.InfoRefsResponse.Parser, new GrpcCallOptions { Metadata = target.Metadata }, context.RequestAborted);
        await call.SendOnlyAsync(new Protos.InfoRefsRequest { Repository = target.Repository, GitProtocol = protocol }, context.RequestAborted);
        await foreach (var message in call.ReadAllAsync(context.RequestAborted))
        {
            await context.Response.BodyWriter.WriteAsync(message.Data.Memory, context.RequestAborted);
        }
    }

    private static Stream OpenBody(HttpRequest request) => request.Headers.ContentEncoding.ToString() switch
    {
        "" or "identity" => request.Body,
        "gzip" or "x-gzip" => new GZipStream(request.Body, CompressionMode.Decompress),
        var other => throw new GrpcException(GrpcStatusCode.InvalidArgument, $"content encoding {other} is not supported: use gzip or none"),
    };

    private static async Task PushAsync(HttpContext context, GitHttpTarget target, string protocol, Stream body)
    {
        var cancellationToken = context.RequestAborted;
        var buffer = new byte[PieceBytes];
        var count = await body.ReadAtLeastAsync(buffer, 5, throwOnEndOfStream: false, cancellationToken);
        if (count <= 4)
        {
            // Before a large push Git asks with an empty one whether it may: no reference can change, so no replica need hear of it.
            await context.Response.BodyWriter.FlushAsync(cancellationToken);
            return;
        }

        await using var call = target.Channel.Open<Protos.PostReceivePackRequest, Protos.PostReceivePackResponse>(
            "/gitaly.SmartHTTPService/PostReceivePack", Protos.PostReceivePackResponse.Parser, new GrpcCallOptions { Metadata = target.Metadata }, cancellationToken);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var sending = SendPushAsync(call, target, protocol, body, buffer, count, over.Token);
        var report = new PushReport(context.Response.BodyWriter);
        try
        {
            await foreach (var message in call.ReadAllAsync(cancellationToken))
            {
                await report.AddAsync(message.Data.Memory, cancellationToken);
            }

            await report.ReleaseAsync(cancellationToken);
        }
        // Git shows the text of band 3 but not of an HTTP error, so a push that was taken up and failed says why in there, whether or not progress came before.
        catch (GrpcException exception) when (report.Started || exception.Status.Code is GrpcStatusCode.Internal or GrpcStatusCode.Aborted)
        {
            await report.FailAsync(exception.Status.Message, cancellationToken);
        }
        finally
        {
            await over.CancelAsync();
            await sending;
        }
    }

    private static async Task SendPushAsync(
        GrpcClientCall<Protos.PostReceivePackRequest, Protos.PostReceivePackResponse> call, GitHttpTarget target, string protocol, Stream body, byte[] buffer, int count, CancellationToken cancellationToken)
    {
        try
        {
            await call.WriteAsync(
                new Protos.PostReceivePackRequest
                {
                    Repository = target.Repository,
                    GitProtocol = protocol,
                    GlId = target.GlId,
                    GlUsername = target.GlUsername,
                    GlRepository = target.GlRepository,
                },
                cancellationToken);
            for (; count > 0; count = await body.ReadAsync(buffer, cancellationToken))
            {
                // Wrapped, not copied: the message is written before the buffer is used again.
                var data = UnsafeByteOperations.UnsafeWrap(buffer.AsMemory(0, count));
                await call.WriteAsync(new Protos.PostReceivePackRequest { Data = data }, cancellationToken);
            }

            await call.CompleteAsync(cancellationToken);
        }
        catch (GrpcException)
        {
            // The server ended the call: reading from it tells how.
        }
        catch (OperationCanceledException)
        {
            // The call is over, or the client is gone.
        }
        catch (Exception exception) when (exception is IOException or InvalidDataException)
        {
            // The client's data broke off. Without a half-close the server cannot take it for the whole; the call is cancelled.
            await call.DisposeAsync();
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Service} of {Repository} failed: {Status}")]
    private partial void LogFailed(string repository, string service, GrpcStatus status);

    [LoggerMessage(Level = LogLevel.Debug, Message = "{Service} of {Repository} broke off")]
    private partial void LogBroken(Exception exception, string repository, string service);
}

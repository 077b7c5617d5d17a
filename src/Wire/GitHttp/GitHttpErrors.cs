using System.Text;
using Microsoft.AspNetCore.Http;
using Praefect.Wire.Grpc;

namespace Praefect.Wire.GitHttp;

/// <summary>Tells Git clients of failures: by HTTP status and a line of text as long as nothing has been sent.</summary>
internal static class GitHttpErrors
{
    /// <summary>The HTTP status for a gRPC code.</summary>
    public static int StatusOf(GrpcStatusCode code) => code switch
    {
        GrpcStatusCode.InvalidArgument or GrpcStatusCode.OutOfRange => StatusCodes.Status400BadRequest,
        GrpcStatusCode.Unauthenticated => StatusCodes.Status401Unauthorized,
        GrpcStatusCode.PermissionDenied => StatusCodes.Status403Forbidden,
        GrpcStatusCode.NotFound => StatusCodes.Status404NotFound,
        GrpcStatusCode.AlreadyExists or GrpcStatusCode.Aborted or GrpcStatusCode.FailedPrecondition => StatusCodes.Status409Conflict,
        GrpcStatusCode.Unimplemented => StatusCodes.Status501NotImplemented,
        GrpcStatusCode.Unavailable or GrpcStatusCode.ResourceExhausted => StatusCodes.Status503ServiceUnavailable,
        GrpcStatusCode.DeadlineExceeded => StatusCodes.Status504GatewayTimeout,
        _ => StatusCodes.Status500InternalServerError,
    };

    /// <summary>Answers with <paramref name="status"/>; once the answer has begun the connection is cut, so that no client takes a part for the whole.</summary>
    public static async Task WriteAsync(HttpContext context, GrpcStatus status)
    {
        if (context.Response.HasStarted)
        {
            context.Abort();
            return;
        }

        context.Response.Clear();
        var code = StatusOf(status.Code);
        if (code == StatusCodes.Status503ServiceUnavailable)
        {
            context.Response.Headers.RetryAfter = "1";
        }

        await WriteTextAsync(context, code, status.Message);
    }

    /// <summary>Answers with a line of text.</summary>
    public static async Task WriteTextAsync(HttpContext context, int code, string text)
    {
        context.Response.StatusCode = code;
        context.Response.ContentType = "text/plain; charset=utf-8";
        context.Response.Headers.CacheControl = "no-cache";
        await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(text + "\n"), context.RequestAborted);
    }
}

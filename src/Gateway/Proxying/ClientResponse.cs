using System.IO.Pipelines;
using System.Net.Http.Headers;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;
using Praefect.Gateway.Metadata;
using Praefect.Wire.Grpc;

namespace Praefect.Gateway.Proxying;

/// <summary>The answer to the client: headers of one node, its messages as bytes, and one end.</summary>
internal sealed class ClientResponse(HttpContext http)
{
    private const int InternalError = 0x2;
    private const int Cancel = 0x8;
    private bool _headersTaken;

    public PipeWriter Writer { get; } = http.Response.BodyWriter;

    /// <summary>The status that the client was given, for log and metrics; null while there is none.</summary>
    public GrpcStatusCode? Status { get; private set; }

    /// <summary>The message of <see cref="Status"/>, for the log.</summary>
    public string? Message { get; private set; }

    /// <summary>The node whose answer it is, for the log.</summary>
    public string? Storage { get; set; }

    /// <summary>A node's answer has begun.</summary>
    public bool Begun => Volatile.Read(ref _headersTaken);

    /// <summary>Takes over a node's headers; they go out with the first flush.</summary>
    public void TakeHeaders(HttpHeaders headers, string contentType)
    {
        http.Response.ContentType = contentType;
        Copy(headers, http.Response.Headers);
        _headersTaken = true;
    }

    /// <summary>Ends with what a node ended with: its trailers byte for byte, or the status that stands for its break.</summary>
    public Task EndAsync(CallEnd end)
    {
        if (end.Trailers is not { } trailers)
            return EndAsync(new GrpcStatus(end.Code, end.Message), end.Break == CallBreak.InsideMessage);
        (Status, Message) = (end.Code, end.Message);
        if (_headersTaken)
        {
            Copy(trailers, http.Features.GetRequiredFeature<IHttpResponseTrailersFeature>().Trailers);
            return Task.CompletedTask;
        }

        // Nothing was sent: one block of headers that ends the stream, as the node gave it.
        http.Response.ContentType = "application/grpc";
        Copy(trailers, http.Response.Headers);
        return Task.CompletedTask;
    }

    /// <summary>Ends with a status of the gateway's own.</summary>
    /// <param name="status">The status.</param>
    /// <param name="insideMessage">A message is begun and will never be finished: the stream is reset, a clean end would be a lie.</param>
    public async Task EndAsync(GrpcStatus status, bool insideMessage)
    {
        (Status, Message) = (status.Code, status.Message);
        if (insideMessage)
        {
            Reset(status.Code == GrpcStatusCode.DeadlineExceeded ? Cancel : InternalError);
            return;
        }

        if (_headersTaken && !http.Response.HasStarted)
            await http.Response.StartAsync(CancellationToken.None);
        await GrpcResponses.WriteStatusAsync(http, status);
    }

    private void Reset(int http2Error)
    {
        if (http.Features.Get<IHttpResetFeature>() is { } reset)
            reset.Reset(http2Error);
        else
            http.Abort();
    }

    private static void Copy(HttpHeaders from, IHeaderDictionary to)
    {
        foreach (var (name, values) in from.NonValidated)
        {
            if (HeaderRules.PassesToClient(name))
                to[name] = values.Count == 1 ? new StringValues(values.ToString()) : new StringValues([.. values]);
        }
    }
}

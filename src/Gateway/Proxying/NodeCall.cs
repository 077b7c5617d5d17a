using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using Praefect.Gateway.Metadata;
using Praefect.Gateway.Nodes;
using Praefect.Gateway.Telemetry;
using Praefect.Wire.Grpc;

namespace Praefect.Gateway.Proxying;

/// <summary>
/// One call on one node, from request to status. The data path of every proxied byte:
/// <list type="number">
/// <item>The caller built the request: rewritten first frame, metadata, reduced deadline, and a content that knows where the rest comes from.</item>
/// <item>SendAsync writes headers and first frame and returns when the node's headers are here; the content goes on sending meanwhile.</item>
/// <item>An answer that is all status (trailers-only) ends here, without having touched the client.</item>
/// <item>The node's headers are handed to the client's response. They leave with the first message if that is here already, at once if not.</item>
/// <item>Bytes are read from the node straight into the client's output pipe. Before waiting for the node, what was read is flushed; the flush waits
/// for the client, so a slow client stops the reading and thereby the node.</item>
/// <item>At the node's end its trailers become the <see cref="CallEnd"/>; the caller decides when the client sees it.</item>
/// <item>Whatever way the call ended, sending is stopped and awaited before anything is handed back: the client's pipe belongs to one user at a time.</item>
/// </list>
/// </summary>
internal sealed class NodeCall(GatewayNode node, HttpMessageInvoker invoker, HttpRequestMessage request, NodeContent content, TimeProvider time)
{
    /// <summary>Room asked of the client's pipe for each read, bytes.</summary>
    private const int MinRead = 2048;

    /// <summary>Room asked for after a read that filled all it had, bytes: more of the same is waiting, and a block of the pipe's pool holds a quarter of this.</summary>
    private const int BulkRead = 16 * 1024;

    /// <summary>Bytes handed to the client's pipe before its flush is awaited.</summary>
    private const int MaxUnflushed = 64 * 1024;

    private MessageBoundary _boundary;
    private bool _answered;

    private CallBreak Stage => !_answered ? CallBreak.BeforeAnswer : _boundary.Between ? CallBreak.BetweenMessages : CallBreak.InsideMessage;

    /// <summary>Runs the call. Never throws for what the node or the network does.</summary>
    /// <param name="client">Gets headers and messages; null: they are read and dropped.</param>
    /// <param name="flushAtEnd">The end will be held back, so messages must not wait for it.</param>
    /// <param name="cancellationToken">Cuts the call off; the node sees a reset at once.</param>
    public async Task<CallEnd> RunAsync(ClientResponse? client, bool flushAtEnd, CancellationToken cancellationToken)
    {
        node.Enter();
        content.Call = cancellationToken;
        var path = request.RequestUri!.AbsolutePath;
        var started = time.GetTimestamp();
        GrpcClientMetrics.Started(path, GrpcClientMetrics.Stream);
        var end = await CallAsync(client, flushAtEnd, cancellationToken);
        GrpcClientMetrics.Handled(
            path, GrpcClientMetrics.Stream, MethodLabels.Code(end.Code), time.GetElapsedTime(started), content.MessagesSent, _boundary.Messages);
        return end;
    }

    private async Task<CallEnd> CallAsync(ClientResponse? client, bool flushAtEnd, CancellationToken cancellationToken)
    {
        try
        {
            using var response = await invoker.SendAsync(request, cancellationToken);
            _answered = true;
            node.Answered();
            return await ReceiveAsync(response, client, flushAtEnd, cancellationToken);
        }
        catch (Exception e) when (e is ClientGoneException || content.ClientGone || cancellationToken.IsCancellationRequested)
        {
            return new CallEnd(GrpcStatusCode.Cancelled, "call was cut off", Stage) { CutOff = true };
        }
        catch (Exception e)
        {
            return UpstreamFailure.From(e, node.Storage, Stage);
        }
        finally
        {
            content.Stop();
            await content.IdleAsync();
            node.Leave();
        }
    }

    private async Task<CallEnd> ReceiveAsync(HttpResponseMessage response, ClientResponse? client, bool flushAtEnd, CancellationToken cancellationToken)
    {
        var contentType = ContentType(response);
        if (response.StatusCode != HttpStatusCode.OK || !contentType.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase))
        {
            return new CallEnd(
                GrpcFailures.FromHttpStatus((int)response.StatusCode),
                $"node \"{node.Storage}\" gave an answer that is not gRPC: HTTP status {(int)response.StatusCode}, content type \"{contentType}\"",
                CallBreak.BetweenMessages);
        }

        if (response.Headers.NonValidated.Contains(MetadataKeys.GrpcStatus))
            return CallEnd.FromNode(response.Headers, node.Storage);

        var body = await response.Content.ReadAsStreamAsync(cancellationToken);
        if (client is null)
        {
            await DrainAsync(body, cancellationToken);
        }
        else
        {
            client.TakeHeaders(response.Headers, contentType);
            await PumpAsync(body, client.Writer, flushAtEnd, cancellationToken);
        }

        return CallEnd.FromNode(response.TrailingHeaders, node.Storage, _boundary.Between);
    }

    private async Task PumpAsync(Stream body, PipeWriter writer, bool flushAtEnd, CancellationToken cancellationToken)
    {
        var unflushed = 0;
        var headersOut = false;
        var room = MinRead;
        while (true)
        {
            // A read of nothing waits until there is something, without holding memory meanwhile.
            var ready = body.ReadAsync(Memory<byte>.Empty, cancellationToken);
            if (ready.IsCompleted ? unflushed >= MaxUnflushed : unflushed > 0 || !headersOut)
            {
                await FlushAsync(writer, cancellationToken);
                (unflushed, headersOut) = (0, true);
            }

            _ = await ready;
            var memory = writer.GetMemory(room);
            var count = await body.ReadAsync(memory, cancellationToken);
            if (count == 0)
                break;
            room = count == memory.Length ? BulkRead : MinRead;
            _boundary.Pass(memory.Span[..count]);
            writer.Advance(count);
            unflushed += count;
        }

        if (flushAtEnd && unflushed > 0)
            await FlushAsync(writer, cancellationToken);
    }

    private static async ValueTask FlushAsync(PipeWriter writer, CancellationToken cancellationToken)
    {
        var result = await writer.FlushAsync(cancellationToken);
        if (result.IsCompleted || result.IsCanceled)
            throw new ClientGoneException();
    }

    private async Task DrainAsync(Stream body, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(MinRead * 8);
        try
        {
            for (int count; (count = await body.ReadAsync(buffer, cancellationToken)) > 0;)
                _boundary.Pass(buffer.AsSpan(0, count));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static string ContentType(HttpResponseMessage response) =>
        response.Content.Headers.NonValidated.TryGetValues("content-type", out var values) ? values.ToString() : string.Empty;

    /// <summary>The client's side of the answer is closed, which Kestrel may show before it cancels the request: no evidence against the node.</summary>
    private sealed class ClientGoneException() : OperationCanceledException("the client is gone");
}

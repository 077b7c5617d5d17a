using System.Globalization;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Praefect.Wire.Grpc;
using Praefect.Wire.Protos;
using Praefect.Wire.Sidechannel;
using Praefect.Wire.Yamux;

namespace Praefect.Wire.GitHttp;

/// <summary>One round of a fetch: the request's body goes into a sidechannel, what comes back is the answer.</summary>
internal static class FetchExchange
{
    private const string Method = "/gitaly.SmartHTTPService/PostUploadPackWithSidechannel";

    /// <summary>Runs the call to its end.</summary>
    public static async Task RunAsync(HttpContext context, GitHttpTarget target, string protocol, Stream body)
    {
        await using var waiter = target.Sidechannels.Register((stream, token) => ExchangeAsync(context, body, stream, token));
        var metadata = new GrpcMetadata();
        foreach (var (key, value) in target.Metadata ?? [])
        {
            metadata.Add(key, value);
        }

        metadata.Add(SidechannelRegistry.MetadataKey, waiter.Id.ToString(CultureInfo.InvariantCulture));
        await target.MultiplexedChannel.UnaryAsync(
            Method,
            new PostUploadPackWithSidechannelRequest { Repository = target.Repository, GitProtocol = protocol },
            PostUploadPackWithSidechannelResponse.Parser,
            new GrpcCallOptions { Metadata = metadata },
            context.RequestAborted);
        if (!await waiter.CloseAsync(context.RequestAborted))
        {
            throw new GrpcException(GrpcStatusCode.Internal, "the server answered a fetch without opening a sidechannel");
        }
    }

    private static async Task ExchangeAsync(HttpContext context, Stream body, YamuxStream stream, CancellationToken cancellationToken)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var sending = SendAsync(body, stream, over.Token);
        try
        {
            await CopyAsync(stream.Input, context.Response.BodyWriter, cancellationToken);
        }
        finally
        {
            await over.CancelAsync();
            await sending;
        }
    }

    private static async Task CopyAsync(PipeReader source, PipeWriter target, CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await source.ReadAsync(cancellationToken);
            foreach (var segment in read.Buffer)
            {
                await target.WriteAsync(segment, cancellationToken);
            }

            source.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
            {
                return;
            }
        }
    }

    private static async Task SendAsync(Stream body, YamuxStream stream, CancellationToken cancellationToken)
    {
        var reader = PipeReader.Create(body, new StreamPipeReaderOptions(leaveOpen: true));
        try
        {
            await SidechannelFraming.SendAsync(reader, stream, cancellationToken);
        }
        catch (Exception exception) when (exception is IOException or InvalidDataException or SidechannelException or OperationCanceledException)
        {
            // The server has what it wants, or the client's data broke off: closing without the end mark tells the server so.
            if (exception is InvalidDataException)
            {
                stream.Abort(exception);
            }
        }
        finally
        {
            await reader.CompleteAsync();
        }
    }
}

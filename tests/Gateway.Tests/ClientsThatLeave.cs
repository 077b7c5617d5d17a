using System.IO.Pipelines;
using System.Net;
using System.Net.Http;
using System.Net.Http.Headers;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging.Abstractions;
using Praefect.Gateway.Nodes;
using Praefect.Gateway.Proxying;
using Praefect.Grains.Nodes;
using Praefect.Wire.Backchannel;
using Praefect.Wire.Nodes;
using Praefect.Wire.Sidechannel;
using Praefect.Wire.Yamux;

namespace Praefect.Gateway.Tests;

public sealed class ClientsThatLeave
{
    [Fact]
    public async Task A_client_whose_pipe_closes_before_its_token_fires_is_no_evidence_against_the_node()
    {
        var options = new NodeOptions("default", "gitaly-1", NodeAddress.Parse("tcp://127.0.0.1:1"), string.Empty);
        await using var connection = new NodeConnection(
            options, new SidechannelRegistry(), NoBackchannelAcceptor.Instance, new YamuxOptions(), TimeProvider.System, NullLoggerFactory.Instance);
        using var invoker = new HttpMessageInvoker(new OneMessage());
        using var request = new HttpRequestMessage(HttpMethod.Post, "http://node/gitaly.RefService/ListRefs");
        using var content = new FrameContent(new byte[5]);
        var call = new NodeCall(new GatewayNode(new NodeKey("default", "gitaly-1"), connection), invoker, request, content, TimeProvider.System);

        var end = await call.RunAsync(ClientThatIsGone(), flushAtEnd: true, CancellationToken.None);

        Assert.True(end.CutOff);
        Assert.False(end.ConnectionLost);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_client_whose_request_breaks_before_its_token_fires_is_no_evidence_against_the_node(bool whileReading)
    {
        var options = new NodeOptions("default", "gitaly-1", NodeAddress.Parse("tcp://127.0.0.1:1"), string.Empty);
        await using var connection = new NodeConnection(
            options, new SidechannelRegistry(), NoBackchannelAcceptor.Instance, new YamuxOptions(), TimeProvider.System, NullLoggerFactory.Instance);
        using var invoker = new HttpMessageInvoker(new RequestThatFails());
        using var request = new HttpRequestMessage(HttpMethod.Post, "http://node/gitaly.CommitService/CheckObjectsExist");
        using var content = new RelayContent(new byte[5], new ResetRequest(whileReading));
        request.Content = content;
        var call = new NodeCall(new GatewayNode(new NodeKey("default", "gitaly-1"), connection), invoker, request, content, TimeProvider.System);

        var end = await call.RunAsync(null, flushAtEnd: false, CancellationToken.None);

        Assert.True(end.CutOff);
        Assert.False(end.ConnectionLost);
    }

    // Kestrel completes the reader of a response before it cancels RequestAborted; here the token never fires at all.
    private static ClientResponse ClientThatIsGone()
    {
        var pipe = new Pipe();
        pipe.Reader.Complete();
        var http = new DefaultHttpContext();
        http.Features.Set<IHttpResponseBodyFeature>(new PipeBody(pipe.Writer));
        return new ClientResponse(http);
    }

    private sealed class OneMessage : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var response = new HttpResponseMessage(HttpStatusCode.OK) { Version = HttpVersion.Version20, Content = new ByteArrayContent([0, 0, 0, 0, 1, 7]) };
            response.Content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
            return Task.FromResult(response);
        }
    }

    /// <summary>As Kestrel does: a reset shows while reading, or when what was read is given back.</summary>
    private sealed class ResetRequest(bool whileReading) : PipeReader
    {
        public override bool TryRead(out ReadResult result)
        {
            result = new ReadResult(new System.Buffers.ReadOnlySequence<byte>(new byte[5]), isCanceled: false, isCompleted: false);
            return whileReading ? throw Reset() : true;
        }

        public override void AdvanceTo(SequencePosition consumed) => throw Reset();

        public override void AdvanceTo(SequencePosition consumed, SequencePosition examined) => throw Reset();

        public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default) => throw Reset();

        public override void CancelPendingRead()
        {
            // Nobody waits.
        }

        public override void Complete(Exception? exception = null)
        {
            // Nothing to let go of.
        }

        private static IOException Reset() => new("The client reset the request stream.");
    }

    /// <summary>As the HTTP client does: a body that cannot be read aborts the request, and the answer says no more than that.</summary>
    private sealed class RequestThatFails : HttpMessageHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            await Assert.ThrowsAsync<IOException>(() => request.Content!.CopyToAsync(Stream.Null, cancellationToken));
            throw new IOException("The request was aborted.");
        }
    }

    private sealed class PipeBody(PipeWriter writer) : IHttpResponseBodyFeature
    {
        public Stream Stream => Writer.AsStream(leaveOpen: true);

        public PipeWriter Writer { get; } = writer;

        public void DisableBuffering()
        {
            // A pipe holds nothing back.
        }

        public Task StartAsync(CancellationToken cancellationToken = default) => Task.CompletedTask;

        public Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken = default) => Task.CompletedTask;

        public Task CompleteAsync() => Task.CompletedTask;
    }
}

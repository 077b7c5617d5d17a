using Praefect.Wire.Grpc;

namespace Praefect.Wire.Tests.Grpc;

public sealed class StreamingContentTests
{
    [Fact]
    public async Task A_call_that_the_server_ends_before_the_first_flush_keeps_no_writer_waiting_and_leaves_the_reason_to_the_http_client()
    {
        using var content = new StreamingContent();
        using var ended = new EndedStream();

        await content.CopyToAsync(ended);

        await Assert.ThrowsAsync<IOException>(() => content.StreamAsync.WaitAsync(TimeSpan.FromSeconds(20)));
    }

    [Fact]
    public async Task A_writer_has_the_stream_once_its_headers_have_left()
    {
        using var content = new StreamingContent();
        using var stream = new MemoryStream();

        var copying = content.CopyToAsync(stream);

        await content.StreamAsync.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.False(copying.IsCompleted);
        content.Complete();
        await copying.WaitAsync(TimeSpan.FromSeconds(20));
    }

    /// <summary>The request's side of an HTTP/2 stream that was reset.</summary>
    private sealed class EndedStream : MemoryStream
    {
        public override Task FlushAsync(CancellationToken cancellationToken) => Task.FromException(new TaskCanceledException());
    }
}

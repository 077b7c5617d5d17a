using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Praefect.Gateway.Proxying;

namespace Praefect.Gateway.Telemetry;

/// <summary>Counts the messages of one call and their bytes as they pass, in both directions, whoever handles it.</summary>
internal sealed class CallTraffic : IRequestBodyPipeFeature, IHttpResponseBodyFeature
{
    private readonly IHttpResponseBodyFeature _response;
    private readonly CountingReader _reader;
    private readonly CountingWriter _writer;

    private CallTraffic(IRequestBodyPipeFeature request, IHttpResponseBodyFeature response)
    {
        _response = response;
        _reader = new CountingReader(request.Reader);
        _writer = new CountingWriter(response.Writer);
    }

    /// <summary>What the client has sent so far.</summary>
    public MessageBoundary Received => _reader.Passed;

    /// <summary>What the client was sent so far.</summary>
    public MessageBoundary Sent => _writer.Passed;

    /// <inheritdoc/>
    public PipeReader Reader => _reader;

    /// <inheritdoc/>
    public Stream Stream => _response.Stream;

    /// <inheritdoc/>
    public PipeWriter Writer => _writer;

    /// <summary>Puts itself between the transport and everything that handles the call.</summary>
    public static CallTraffic Install(HttpContext http)
    {
        var traffic = new CallTraffic(http.Features.GetRequiredFeature<IRequestBodyPipeFeature>(), http.Features.GetRequiredFeature<IHttpResponseBodyFeature>());
        http.Features.Set<IRequestBodyPipeFeature>(traffic);
        http.Features.Set<IHttpResponseBodyFeature>(traffic);
        return traffic;
    }

    /// <inheritdoc/>
    public void DisableBuffering() => _response.DisableBuffering();

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken = default) => _response.StartAsync(cancellationToken);

    /// <inheritdoc/>
    public Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken = default) =>
        _response.SendFileAsync(path, offset, count, cancellationToken);

    /// <inheritdoc/>
    public Task CompleteAsync() => _response.CompleteAsync();

    private sealed class CountingReader(PipeReader inner) : PipeReader
    {
        private System.Buffers.ReadOnlySequence<byte> _last;
        private MessageBoundary _passed;

        public MessageBoundary Passed => _passed;

        public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

        public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
        {
            foreach (var segment in _last.Slice(_last.Start, consumed))
                _passed.Pass(segment.Span);
            _last = default;
            inner.AdvanceTo(consumed, examined);
        }

        public override void CancelPendingRead() => inner.CancelPendingRead();

        public override void Complete(Exception? exception = null) => inner.Complete(exception);

        public override ValueTask CompleteAsync(Exception? exception = null) => inner.CompleteAsync(exception);

        [System.Runtime.CompilerServices.AsyncMethodBuilder(typeof(System.Runtime.CompilerServices.PoolingAsyncValueTaskMethodBuilder<>))]
        public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default) => Keep(await inner.ReadAsync(cancellationToken));

        public override bool TryRead(out ReadResult result)
        {
            var read = inner.TryRead(out result);
            if (read)
                Keep(result);
            return read;
        }

        private ReadResult Keep(ReadResult result)
        {
            _last = result.Buffer;
            return result;
        }
    }

    private sealed class CountingWriter(PipeWriter inner) : PipeWriter
    {
        private Memory<byte> _last;
        private MessageBoundary _passed;

        public MessageBoundary Passed => _passed;

        public override bool CanGetUnflushedBytes => inner.CanGetUnflushedBytes;

        public override long UnflushedBytes => inner.UnflushedBytes;

        public override void Advance(int bytes)
        {
            _passed.Pass(_last.Span[..bytes]);
            _last = _last[bytes..];
            inner.Advance(bytes);
        }

        public override void CancelPendingFlush() => inner.CancelPendingFlush();

        public override void Complete(Exception? exception = null) => inner.Complete(exception);

        public override ValueTask CompleteAsync(Exception? exception = null) => inner.CompleteAsync(exception);

        public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) => inner.FlushAsync(cancellationToken);

        public override Memory<byte> GetMemory(int sizeHint = 0) => _last = inner.GetMemory(sizeHint);

        public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

        public override ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default)
        {
            _passed.Pass(source.Span);
            return inner.WriteAsync(source, cancellationToken);
        }
    }
}

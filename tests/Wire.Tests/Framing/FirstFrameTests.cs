using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Pipelines;
using Praefect.Wire.Framing;
using Praefect.Wire.Grpc;

namespace Praefect.Wire.Tests.Framing;

public sealed class FirstFrameTests
{
    private const int Max = 1024 * 1024;

    [Fact]
    public async Task A_message_split_over_many_pieces_is_put_together()
    {
        var frame = Frame(Bytes(100_000));
        using var cut = await CutAsync(frame.Chunk(7));
        Assert.Equal(frame, cut!.WholeFrame.ToArray());
        Assert.Equal(frame[5..], cut.Message.ToArray());
        Assert.False(cut.Compressed);
    }

    [Fact]
    public async Task Only_the_first_of_several_messages_is_taken_and_the_rest_stays()
    {
        var pipe = new Pipe();
        byte[] both = [.. Frame(Bytes(10)), .. Frame(Bytes(20))];
        await pipe.Writer.WriteAsync(both);
        await pipe.Writer.CompleteAsync();
        using var first = await FirstFrame.ReadAsync(pipe.Reader, Max, CancellationToken.None);
        Assert.Equal(15, first!.WholeFrame.Length);
        var rest = await pipe.Reader.ReadAsync();
        Assert.Equal(both[15..], System.Buffers.BuffersExtensions.ToArray(rest.Buffer));
    }

    [Fact]
    public async Task A_gathered_message_leaves_what_follows_it()
    {
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        byte[] both = [.. Frame(Bytes(50_000)), .. Frame(Bytes(20))];
        var reading = FirstFrame.ReadAsync(pipe.Reader, Max, CancellationToken.None).AsTask();
        await pipe.Writer.WriteAsync(both.AsMemory(0, 20_000));
        await pipe.Writer.WriteAsync(both.AsMemory(20_000));
        using var first = await reading;
        Assert.Equal(50_005, first!.WholeFrame.Length);
        var rest = await pipe.Reader.ReadAsync();
        Assert.Equal(25, rest.Buffer.Length);
    }

    [Fact]
    public async Task A_message_larger_than_the_pipes_window_still_arrives()
    {
        // The writer stops at 4 KiB unread, as a client does whose flow-control window is used up.
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 4096, resumeWriterThreshold: 2048));
        var frame = Frame(Bytes(200_000));
        var reading = FirstFrame.ReadAsync(pipe.Reader, Max, CancellationToken.None).AsTask();
        foreach (var piece in frame.Chunk(1000))
        {
            await pipe.Writer.WriteAsync(piece).AsTask().WaitAsync(TimeSpan.FromSeconds(10));
        }

        using var cut = await reading.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Equal(frame, cut!.WholeFrame.ToArray());
    }

    [Fact]
    public async Task An_empty_message_is_a_message()
    {
        using var cut = await CutAsync([Frame([])]);
        Assert.NotNull(cut);
        Assert.Equal(0, cut.Message.Length);
        Assert.Equal(5, cut.WholeFrame.Length);
    }

    [Fact]
    public async Task Half_close_without_a_message_is_none() => Assert.Null(await CutAsync([]));

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(12)]
    public async Task A_stream_that_ends_inside_the_message_is_truncated(int bytes)
    {
        var error = await Assert.ThrowsAsync<GrpcException>(() => CutAsync([Frame(Bytes(10))[..bytes]]));
        Assert.Equal(GrpcStatusCode.Internal, error.Status.Code);
        Assert.True(error.Broken);
    }

    [Fact]
    public async Task An_oversize_message_is_refused_by_its_prefix_alone()
    {
        var pipe = new Pipe();
        await pipe.Writer.WriteAsync(new byte[] { 0, 0xff, 0xff, 0xff, 0xff });
        var error = await Assert.ThrowsAsync<GrpcException>(() => FirstFrame.ReadAsync(pipe.Reader, Max, CancellationToken.None).AsTask());
        Assert.Equal(GrpcStatusCode.ResourceExhausted, error.Status.Code);
        Assert.Contains("4294967295", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_message_of_exactly_the_limit_passes_and_one_byte_more_does_not()
    {
        using var cut = await CutAsync([Frame(Bytes(Max))]);
        Assert.Equal(Max, cut!.Message.Length);
        await Assert.ThrowsAsync<GrpcException>(() => CutAsync([Frame(Bytes(Max + 1))]));
    }

    [Fact]
    public async Task A_flag_that_is_neither_0_nor_1_is_refused()
    {
        var frame = Frame(Bytes(3));
        frame[0] = 2;
        var error = await Assert.ThrowsAsync<GrpcException>(() => CutAsync([frame]));
        Assert.Equal(GrpcStatusCode.Internal, error.Status.Code);
    }

    [Fact]
    public async Task A_gzip_message_is_inflated_to_an_uncompressed_frame()
    {
        var message = Bytes(70_000);
        using var cut = await CutAsync([Frame(Gzip(message), flag: 1)]);
        Assert.True(cut!.Compressed);
        using var plain = cut.Inflate("gzip", Max);
        Assert.False(plain.Compressed);
        Assert.Equal(Frame(message), plain.WholeFrame.ToArray());
    }

    [Fact]
    public async Task Another_compression_is_unimplemented_and_named()
    {
        using var cut = await CutAsync([Frame(Bytes(9), flag: 1)]);
        var error = Assert.Throws<GrpcException>(() => cut!.Inflate("snappy", Max));
        Assert.Equal(GrpcStatusCode.Unimplemented, error.Status.Code);
        Assert.Contains("snappy", error.Message, StringComparison.Ordinal);
        Assert.Equal(GrpcStatusCode.Internal, Assert.Throws<GrpcException>(() => cut!.Inflate("gzip", Max)).Status.Code);
        Assert.Equal(GrpcStatusCode.Internal, Assert.Throws<GrpcException>(() => cut!.Inflate(null, Max)).Status.Code);
    }

    [Fact]
    public async Task A_gzip_bomb_stops_at_the_limit()
    {
        using var cut = await CutAsync([Frame(Gzip(new byte[50 * 1024 * 1024]), flag: 1)]);
        Assert.Equal(GrpcStatusCode.ResourceExhausted, Assert.Throws<GrpcException>(() => cut!.Inflate("gzip", Max)).Status.Code);
    }

    [Fact]
    public async Task Waiting_for_a_message_ends_with_the_token()
    {
        using var stop = new CancellationTokenSource();
        var reading = FirstFrame.ReadAsync(new Pipe().Reader, Max, stop.Token).AsTask();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
    }

    [Fact]
    public async Task A_disposed_frame_gives_its_bytes_to_nobody()
    {
        var cut = await CutAsync([Frame(Bytes(3))]);
        cut!.Dispose();
        cut.Dispose();
        Assert.Throws<ObjectDisposedException>(() => cut.Message);
    }

    internal static byte[] Frame(byte[] message, byte flag = 0)
    {
        var frame = new byte[5 + message.Length];
        frame[0] = flag;
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(1), (uint)message.Length);
        message.CopyTo(frame, 5);
        return frame;
    }

    internal static async Task<FirstFrame?> CutAsync(IEnumerable<byte[]> pieces, int max = Max)
    {
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        var reading = FirstFrame.ReadAsync(pipe.Reader, max, CancellationToken.None).AsTask();
        foreach (var piece in pieces)
        {
            await pipe.Writer.WriteAsync(piece);
        }

        await pipe.Writer.CompleteAsync();
        return await reading.WaitAsync(TimeSpan.FromSeconds(10));
    }

    internal static byte[] Gzip(byte[] bytes)
    {
        var output = new MemoryStream();
        using (var gzip = new GZipStream(output, CompressionLevel.Fastest))
        {
            gzip.Write(bytes);
        }

        return output.ToArray();
    }

    private static byte[] Bytes(int count) => [.. Enumerable.Range(0, count).Select(i => (byte)(i * 31))];
}

using System.IO.Compression;
using Google.Protobuf;
using Praefect.Gateway.Tests.Fakes;
using Praefect.Wire.Contract;
using Praefect.Wire.Grpc;
using Praefect.Wire.Protos;

namespace Praefect.Gateway.Tests;

public sealed class CompressedRequests
{
    [Fact]
    public async Task A_first_message_in_gzip_reaches_the_node_inflated_and_rewritten()
    {
        await using var cluster = await TestCluster.StartAsync();
        RefExistsRequest? seen = null;
        cluster.Nodes[0].On(Methods.Ref.RefExists, async http =>
        {
            using var first = await FakeNode.FirstAsync(http);
            Assert.False(first!.Compressed);
            seen = RefExistsRequest.Parser.ParseFrom(first.Message.Span);
            await FakeNode.SendAsync(http, new RefExistsResponse { Value = true });
        });

        using var response = await cluster.SendRawAsync(Methods.Ref.RefExists, Compressed(), r => r.Headers.TryAddWithoutValidation("grpc-encoding", "gzip"));
        await response.Content.ReadAsByteArrayAsync();

        Assert.Equal("0", Assert.Single(response.TrailingHeaders.GetValues("grpc-status")));
        Assert.Equal(("gitaly-1", "refs/heads/main"), (seen!.Repository.StorageName, seen.Ref.ToStringUtf8()));
    }

    [Fact]
    public async Task Another_compression_is_unimplemented_and_reaches_no_node()
    {
        await using var cluster = await TestCluster.StartAsync();

        using var response = await cluster.SendRawAsync(Methods.Ref.RefExists, Compressed(), r => r.Headers.TryAddWithoutValidation("grpc-encoding", "snappy"));

        Assert.Equal("12", Assert.Single(response.Headers.GetValues("grpc-status")));
        Assert.Equal("grpc-encoding \"snappy\" is not supported, use gzip or identity", GrpcMessageText.Decode(response.Headers.GetValues("grpc-message").Single()));
        Assert.Empty(cluster.Nodes[0].Requests);
    }

    private static byte[] Compressed()
    {
        var buffer = new MemoryStream();
        using (var gzip = new GZipStream(buffer, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(new RefExistsRequest { Repository = TestCluster.Target, Ref = ByteString.CopyFromUtf8("refs/heads/main") }.ToByteArray());
        return [1, 0, 0, 0, (byte)buffer.Length, .. buffer.ToArray()];
    }
}

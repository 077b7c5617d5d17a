using System.IO.Pipelines;
using Praefect.Wire.Framing;
using Praefect.Wire.Tests.Floods;
using Praefect.Wire.Tests.Nodes;
using Praefect.Wire.Tests.Yamux;

namespace Praefect.Wire.Tests.Framing;

/// <summary>First messages as no client library of ours sends them.</summary>
public sealed class PaddedMessageTests
{
    private const byte Padded = 8;
    private const byte EndStream = 1;

    [Theory]
    [InlineData(8)]
    [InlineData(1)]
    [InlineData(3)]
    public async Task A_first_message_in_padded_frames_is_read_without_the_padding(int step)
    {
        var read = new TaskCompletionSource<byte[]>();
        await using var node = await TestNode.StartAsync(NodeKind.Tcp, async context =>
        {
            using var frame = await FirstFrame.ReadAsync(context.Request.BodyReader, 1000, context.RequestAborted);
            read.TrySetResult(frame!.Message.ToArray());
        });
        byte[] message = [0, 0, 0, 0, 3, 1, 2, 3];
        await using var client = await RawClient.ConnectAsync(node.Address, RawClient.Preface);
        await client.SendAsync(RawClient.Frame(1, 4, 1, RawClient.HeaderBlock("/path")));
        for (var at = 0; at < message.Length; at += step)
        {
            var piece = message.AsSpan(at, Math.Min(step, message.Length - at));
            await client.SendAsync(RawClient.Frame(0, Padded, 1, [200, .. piece, .. new byte[200]]));
        }

        await client.SendAsync(RawClient.Frame(0, Padded | EndStream, 1, [7, .. new byte[7]]));
        Assert.Equal([1, 2, 3], await read.Task.WaitAsync(SessionPair.Patience));
    }
}

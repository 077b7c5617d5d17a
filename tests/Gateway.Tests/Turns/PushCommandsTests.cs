using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using Google.Protobuf;
using Praefect.Gateway.Turns;
using Praefect.Gateway.Tests.Fakes;
using Praefect.Grains.Turns;
using Praefect.Wire.Protos;

namespace Praefect.Gateway.Tests.Turns;

public sealed class PushCommandsTests
{
    public const string Zero = "0000000000000000000000000000000000000000";
    public const string Old = "1111111111111111111111111111111111111111";
    public const string New = "2222222222222222222222222222222222222222";

    public static string Packet(string line) => (Encoding.UTF8.GetByteCount(line) + 4).ToString("x4", CultureInfo.InvariantCulture) + line;

    public static IEnumerable<object[]> Lists() =>
    [
        ["0000", ""],
        [Packet($"{Old} {New} refs/heads/main\0report-status side-band-64k object-format=sha1") + "0000PACK", "refs/heads/main"],
        [Packet($"{Old} {New} refs/heads/b\0 caps\n") + Packet($"{Zero} {New} refs/tags/v1\n") + "0000", "refs/heads/b refs/tags/v1"],
        [Packet($"shallow {Old}\n") + Packet($"{Old} {New} refs/heads/main\0caps") + "0000", "refs/heads/main"],
        [Packet($"{Old} {Zero} refs/heads/gone\0caps") + "0000", $"{TurnKeys.Deletions} refs/heads/gone"],
        [Packet($"{Old}{Old[..24]} {New}{New[..24]} refs/heads/sha256\0caps") + "0000", "refs/heads/sha256"],
        [Packet($"{Old} {New} refs/heads/with space\0caps") + "0000", "refs/heads/with space"],
        [
            Packet("push-cert\0caps") + Packet("certificate version 0.1\n") + Packet("pusher A <a@b>\n") + Packet("nonce 1\n") + Packet("\n")
                + Packet($"{Old} {New} refs/heads/signed\n") + Packet("-----BEGIN PGP SIGNATURE-----\n") + Packet("push-cert-end\n") + "0000",
            "refs/heads/signed",
        ],
        [Packet($"{Old} {New} refs/heads/a\0push-options") + "0000" + Packet($"{Old} {New} refs/heads/option") + "0000", "refs/heads/a"],
        ["0004" + Packet($"{Old} {New} refs/heads/a\0caps") + "0000", "refs/heads/a"],
        [Packet($"{Old} {New} refs/heads/a\0caps"), ""],
        [Packet($"{Old} {New} refs/heads/a\0caps") + "0001", ""],
        ["no packet at all", ""],
        [Packet($"{Old} {New[..^1]}x refs/heads/a\0caps") + "0000", ""],
    ];

    [Theory]
    [MemberData(nameof(Lists))]
    public void A_command_list_names_what_the_push_touches_however_it_is_cut(string stream, string keys)
    {
        foreach (var size in new[] { 1, 3, int.MaxValue })
        {
            var commands = new PushCommands();
            foreach (var piece in Encoding.UTF8.GetBytes(stream).Chunk(size))
                commands.Pass(piece);
            Assert.Equal(keys, string.Join(' ', commands.Keys));
        }
    }

    [Fact]
    public void A_list_that_is_too_long_takes_no_turn()
    {
        var commands = new PushCommands();
        for (var i = 0; !commands.GivenUp; i++)
        {
            Assert.InRange(i, 0, 1000);
            commands.Pass(Encoding.UTF8.GetBytes(Packet($"{Old} {New} refs/heads/{i}")));
        }

        commands.Pass("0000"u8);
        Assert.Empty(commands.Keys);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(100_000)]
    public async Task The_list_is_read_out_of_the_messages_and_everything_stays_in_the_pipe(int piece)
    {
        var list = Packet($"{Old} {New} refs/heads/main\0caps") + "0000";
        byte[] body =
        [
            .. Frames.Of(new PostReceivePackRequest { GlId = "user-1", GitConfigOptions = { "a=b" } }),
            .. Frames.Of(new PostReceivePackRequest { Data = ByteString.CopyFromUtf8(list[..30]) }),
            .. Frames.Of(new PostReceivePackRequest()),
            .. Frames.Of(new PostReceivePackRequest { Data = ByteString.CopyFromUtf8(list[30..] + "PACK") }),
        ];
        var pipe = new Pipe();
        var reading = PushTurns.ReadKeysAsync(pipe.Reader, CancellationToken.None);
        foreach (var part in body.Chunk(piece))
            await pipe.Writer.WriteAsync(part);
        Assert.Equal<string>(["refs/heads/main"], await reading.WaitAsync(TimeSpan.FromSeconds(20)));
        var rest = await pipe.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal(body, System.Buffers.BuffersExtensions.ToArray(rest.Buffer));
    }

    [Fact]
    public async Task A_client_that_ends_in_the_middle_of_its_list_is_passed_on_as_it_is()
    {
        var pipe = new Pipe();
        var body = Frames.Of(new PostReceivePackRequest { Data = ByteString.CopyFromUtf8("00") });
        await pipe.Writer.WriteAsync(body);
        await pipe.Writer.CompleteAsync();
        Assert.Empty(await PushTurns.ReadKeysAsync(pipe.Reader, CancellationToken.None));
        var rest = await pipe.Reader.ReadAsync();
        Assert.True(rest.IsCompleted);
        Assert.Equal(body.Length, rest.Buffer.Length);
    }

    [Theory]
    [InlineData(new byte[] { 1, 0, 0, 0, 2, 0x12, 0 })] // compressed
    [InlineData(new byte[] { 0, 0, 0, 0, 2, 0x12, 9 })] // field beyond its message
    [InlineData(new byte[] { 0, 0, 0, 0, 2, 0x15, 9 })] // a kind of field that is not there
    [InlineData(new byte[] { 0, 0, 0, 0, 11, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1 })]
    public void Messages_that_are_not_understood_take_no_turn(byte[] body)
    {
        var commands = new PushCommands();
        var messages = new PushMessages(commands);
        messages.Pass(body);
        Assert.True(messages.Over);
        Assert.Empty(commands.Keys);
    }

    [Fact]
    public async Task A_list_in_endless_small_messages_is_not_read_for_ever()
    {
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        var small = Frames.Of(new PostReceivePackRequest());
        var reading = PushTurns.ReadKeysAsync(pipe.Reader, CancellationToken.None);
        var sending = SendAsync();
        Assert.Empty(await reading);
        await pipe.Reader.CompleteAsync();
        await sending;

        async Task SendAsync()
        {
            var many = Enumerable.Repeat(small, 1000).SelectMany(b => b).ToArray();
            while (!(await pipe.Writer.WriteAsync(many)).IsCompleted)
                await Task.Yield();
        }
    }
}

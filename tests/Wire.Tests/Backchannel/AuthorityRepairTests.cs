using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Praefect.Wire.Backchannel;

namespace Praefect.Wire.Tests.Backchannel;

public sealed class AuthorityRepairTests
{
    /// <summary>":method: POST", ":path: /v" as a literal, and the authority (name index 1, with indexing) that follows.</summary>
    private static readonly byte[] s_before = [0x83, 0x44, 0x02, (byte)'/', (byte)'v'];

    [Theory]
    [InlineData("multiplexed%2F127.0.0.1:52266", "multiplexed-2F127.0.0.1B52266")]
    [InlineData("multiplexed/10.0.0.1:1", "multiplexed-10.0.0.1B1")]
    [InlineData("multiplexed%2F[::1]:8075", "multiplexed-2F$BB1$B8075")]
    [InlineData("multiplexed%2F@", "multiplexed-2F~")]
    [InlineData("gitaly.example.com:8075", "gitaly.example.com:8075")]
    [InlineData("[::1]:8075", "[::1]:8075")]
    public void An_authority_keeps_its_length_and_loses_what_no_host_has(string sent, string expected)
    {
        var plain = Block(Encoding.ASCII.GetBytes(sent), huffman: false);
        var coded = Block(HuffmanEncode(sent), huffman: true);

        AuthorityRepair.Repair(plain);
        AuthorityRepair.Repair(coded);

        Assert.Equal(Block(Encoding.ASCII.GetBytes(expected), huffman: false), plain);
        Assert.Equal(Block(HuffmanEncode(expected), huffman: true), coded);
    }

    [Fact]
    public void A_block_that_ends_before_its_authority_does_is_left_as_it_is()
    {
        var whole = Block(HuffmanEncode("multiplexed%2F127.0.0.1:52266"), huffman: true);
        for (var length = 0; length < whole.Length - 1; length++)
        {
            var part = whole[..length];
            AuthorityRepair.Repair(part);
            Assert.Equal(whole[..length], part);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(4096)]
    public async Task Frames_that_come_in_pieces_are_shown_whole_and_repaired_once(int piece)
    {
        byte[] data = [0, 0, 3, 0, 0, 0, 0, 0, 1, (byte)'%', (byte)'/', (byte)'%'];
        var sent = Connection("multiplexed%2F127.0.0.1:52266", data);
        var expected = Connection("multiplexed-2F127.0.0.1B52266", data);
        var pipe = new Pipe(new PipeOptions(minimumSegmentSize: 16));
        var reader = new AuthorityRepairingReader(pipe.Reader);

        var writing = WriteAsync(pipe.Writer, sent, piece);
        using var read = new MemoryStream();
        while (true)
        {
            var result = await reader.ReadAsync();

            // Takes all but the last byte, as a parser does that waits for the rest of a frame.
            var take = result.IsCompleted ? result.Buffer : result.Buffer.Slice(0, Math.Max(0, result.Buffer.Length - 1));
            foreach (var segment in take)
                read.Write(segment.Span);
            reader.AdvanceTo(take.End, result.Buffer.End);
            if (result.IsCompleted)
                break;
        }

        await writing;
        Assert.Equal(expected, read.ToArray());
    }

    private static async Task WriteAsync(PipeWriter writer, byte[] bytes, int piece)
    {
        for (var at = 0; at < bytes.Length; at += piece)
        {
            await writer.WriteAsync(bytes.AsMemory(at, Math.Min(piece, bytes.Length - at)));
            await Task.Yield();
        }

        await writer.CompleteAsync();
    }

    private static byte[] Connection(string authority, byte[] data)
    {
        var block = Block(HuffmanEncode(authority), huffman: true);
        byte[] headers = [0, 0, (byte)block.Length, 1, 4, 0, 0, 0, 1, .. block];
        byte[] settings = [0, 0, 0, 4, 0, 0, 0, 0, 0];
        return [.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, .. settings, .. headers, .. data, .. headers];
    }

    private static byte[] Block(byte[] value, bool huffman) =>
        [.. s_before, 0x41, (byte)(value.Length | (huffman ? 0x80 : 0)), .. value, 0x86];

    /// <summary>The codes of RFC 7541, appendix B, for the characters used here, written out one by one.</summary>
    private static byte[] HuffmanEncode(string text)
    {
        var codes = new Dictionary<char, string>
        {
            ['%'] = "010101", ['-'] = "010110", ['.'] = "010111", ['/'] = "011000", [':'] = "1011100", ['B'] = "1011101",
            ['$'] = "1111111111001", ['@'] = "1111111111010", ['['] = "1111111111011", [']'] = "1111111111100", ['~'] = "1111111111101",
            ['0'] = "00000", ['1'] = "00001", ['2'] = "00010", ['3'] = "011001", ['5'] = "011011", ['6'] = "011100", ['7'] = "011101", ['8'] = "011110",
            ['F'] = "1100001", ['a'] = "00011", ['c'] = "00100", ['d'] = "100100", ['e'] = "00101", ['g'] = "100110", ['i'] = "00110",
            ['l'] = "101000", ['m'] = "101001", ['o'] = "00111", ['p'] = "101011", ['t'] = "01001", ['u'] = "101101", ['x'] = "1111001", ['y'] = "1111010",
        };
        var bits = string.Concat(text.Select(symbol => codes[symbol]));
        bits = bits.PadRight((bits.Length + 7) / 8 * 8, '1');
        return Enumerable.Range(0, bits.Length / 8).Select(index => Convert.ToByte(bits.Substring(index * 8, 8), 2)).ToArray();
    }
}

namespace Praefect.Wire.Backchannel;

/// <summary>
/// Makes the <c>:authority</c> of a callback acceptable to Kestrel, in place. Gitaly names its backchannel
/// <c>multiplexed/ADDRESS</c>, which grpc-go sends as <c>multiplexed%2FADDRESS</c>; Kestrel resets a stream whose authority is no host
/// name, and no option turns that off. Each character that a host may not have is replaced by one whose Huffman code is as long, so that
/// neither the frame nor the peer's idea of the compression table changes (RFC 7541, section 4.1 and appendix B).
/// </summary>
internal static class AuthorityRepair
{
    /// <summary>The place of :authority in the static table.</summary>
    private const int AuthorityIndex = 1;

    // Each replacement stands under its character and has a code of the same length.
    private const string Refused = "%/:[]@";
    private const string Replacements = "--B$$~";

    /// <summary>Characters by the length of their Huffman code, in the order of the codes; those beyond 13 bits never occur in an address.</summary>
    private static readonly (int Bits, int FirstCode, string Symbols)[] s_codes =
    [
        (5, 0x0, "012aceiost"),
        (6, 0x14, " %-./3456789=A_bdfghlmnpru"),
        (7, 0x5c, ":BCDEFGHIJKLMNOPQRSTUVWYjkqvwxyz"),
        (8, 0xf8, "&*,;XZ"),
        (10, 0x3f8, "!\"()?"),
        (11, 0x7fa, "'+|"),
        (12, 0xffa, "#>"),
        (13, 0x1ff8, "\0$@[]~"),
    ];

    /// <summary>Repairs the authority in a header block, or in the first part of one; anything that is no such block stays as it is.</summary>
    public static void Repair(Span<byte> block)
    {
        while (!block.IsEmpty)
        {
            var kind = block[0];
            var prefix = kind >= 0x80 ? 7 : (kind & 0xc0) == 0x40 ? 6 : (kind & 0xe0) == 0x20 ? 5 : 4;
            if (!TryReadInteger(ref block, prefix, out var index))
                return;
            if (prefix is 7 or 5)
                continue;
            if (index == 0 && !TryReadText(ref block, out _, out _))
                return;
            if (!TryReadText(ref block, out var value, out var huffman))
                return;
            if (index == AuthorityIndex)
                RepairValue(value, huffman);
        }
    }

    private static void RepairValue(Span<byte> value, bool huffman)
    {
        if (huffman)
        {
            // The path's separator tells the names that Gitaly makes up from host names, which stay untouched, IPv6 ones included.
            if (WalkCodes(value, replace: false))
                WalkCodes(value, replace: true);
        }
        else if (value.IndexOfAny("%/@"u8) >= 0)
        {
            for (var i = 0; i < value.Length; i++)
                value[i] = (byte)Replacement((char)value[i]);
        }
    }

    /// <summary>Goes through the Huffman codes; true if one stands for a character that no host has.</summary>
    private static bool WalkCodes(Span<byte> value, bool replace)
    {
        var found = false;
        for (var bit = 0; TryReadCode(value, bit, out var row, out var position);)
        {
            var (bits, firstCode, symbols) = s_codes[row];
            var symbol = symbols[position];
            found |= symbol is '%' or '/' or '@';
            if (replace)
                WriteBits(value, bit, bits, firstCode + symbols.IndexOf(Replacement(symbol), StringComparison.Ordinal));
            bit += bits;
        }

        return found;
    }

    private static bool TryReadCode(ReadOnlySpan<byte> value, int bit, out int row, out int position)
    {
        position = 0;
        for (row = 0; row < s_codes.Length; row++)
        {
            var (bits, firstCode, symbols) = s_codes[row];
            if (bit + bits > value.Length * 8)
                return false;
            position = ReadBits(value, bit, bits) - firstCode;
            if (position < symbols.Length)
                return true;
        }

        return false;
    }

    private static int ReadBits(ReadOnlySpan<byte> value, int bit, int count)
    {
        var code = 0;
        for (var i = bit; i < bit + count; i++)
            code = (code << 1) | ((value[i >> 3] >> (7 - (i & 7))) & 1);
        return code;
    }

    private static void WriteBits(Span<byte> value, int bit, int count, int code)
    {
        for (var i = 0; i < count; i++)
        {
            var at = bit + i;
            var mask = (byte)(0x80 >> (at & 7));
            var set = ((code >> (count - 1 - i)) & 1) != 0;
            value[at >> 3] = (byte)(set ? value[at >> 3] | mask : value[at >> 3] & ~mask);
        }
    }

    private static char Replacement(char symbol)
    {
        var at = Refused.IndexOf(symbol, StringComparison.Ordinal);
        return at < 0 ? symbol : Replacements[at];
    }

    private static bool TryReadText(ref Span<byte> bytes, out Span<byte> text, out bool huffman)
    {
        text = default;
        huffman = !bytes.IsEmpty && bytes[0] >= 0x80;
        if (!TryReadInteger(ref bytes, 7, out var length) || length > bytes.Length)
            return false;
        text = bytes[..length];
        bytes = bytes[length..];
        return true;
    }

    private static bool TryReadInteger(ref Span<byte> bytes, int prefix, out int value)
    {
        value = 0;
        if (bytes.IsEmpty)
            return false;
        var mask = (1 << prefix) - 1;
        value = bytes[0] & mask;
        bytes = bytes[1..];
        if (value < mask)
            return true;

        for (var shift = 0; shift <= 14 && !bytes.IsEmpty; shift += 7)
        {
            var next = bytes[0];
            bytes = bytes[1..];
            value += (next & 0x7f) << shift;
            if (next < 0x80)
                return true;
        }

        return false;
    }
}

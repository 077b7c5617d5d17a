using System.Text;

namespace Praefect.Wire.Grpc;

/// <summary>The percent-encoding of the <c>grpc-message</c> trailer: UTF-8 bytes outside printable ASCII, and the percent sign, as <c>%XX</c>.</summary>
public static class GrpcMessageText
{
    private const string Hex = "0123456789ABCDEF";

    /// <summary>Encodes text for the trailer; unpaired surrogates become the replacement character.</summary>
    public static string Encode(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.AsSpan().ContainsAnyExceptInRange(' ', '~') || text.Contains('%', StringComparison.Ordinal) ? EncodeSlow(text) : text;
    }

    /// <summary>Decodes a trailer. A percent sign that starts no escape stays as it is; bytes that are not UTF-8 become replacement characters.</summary>
    public static string Decode(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (!text.Contains('%', StringComparison.Ordinal))
        {
            return text;
        }

        var bytes = new byte[Encoding.UTF8.GetMaxByteCount(text.Length)];
        var length = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '%' && i + 2 < text.Length && char.IsAsciiHexDigit(text[i + 1]) && char.IsAsciiHexDigit(text[i + 2]))
            {
                bytes[length++] = (byte)((Convert.ToInt32(text[(i + 1)..(i + 2)], 16) << 4) | Convert.ToInt32(text[(i + 2)..(i + 3)], 16));
                i += 2;
            }
            else
            {
                length += Encoding.UTF8.GetBytes(text.AsSpan(i, 1), bytes.AsSpan(length));
            }
        }

        return Encoding.UTF8.GetString(bytes, 0, length);
    }

    private static string EncodeSlow(string text)
    {
        var encoded = new StringBuilder(text.Length + 16);
        foreach (var b in Encoding.UTF8.GetBytes(text))
        {
            if (b is >= (byte)' ' and <= (byte)'~' and not (byte)'%')
            {
                encoded.Append((char)b);
            }
            else
            {
                encoded.Append('%').Append(Hex[b >> 4]).Append(Hex[b & 15]);
            }
        }

        return encoded.ToString();
    }
}

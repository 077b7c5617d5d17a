namespace Praefect.Wire.Grpc;

/// <summary>The base64 of <c>-bin</c> metadata: written without padding, read with or without (gRPC over HTTP/2, "Requests").</summary>
public static class GrpcBase64
{
    /// <summary>Encodes without padding.</summary>
    public static string Encode(ReadOnlySpan<byte> bytes) => Convert.ToBase64String(bytes).TrimEnd('=');

    /// <summary>Decodes one value; false where it is not base64.</summary>
    public static bool TryDecode(string text, out byte[] bytes)
    {
        ArgumentNullException.ThrowIfNull(text);
        var trimmed = text.AsSpan().TrimEnd('=');
        var padded = string.Concat(trimmed, "===".AsSpan(0, (4 - (trimmed.Length % 4)) % 4));
        bytes = new byte[padded.Length / 4 * 3];
        if (!Convert.TryFromBase64String(padded, bytes, out var written))
        {
            bytes = [];
            return false;
        }

        Array.Resize(ref bytes, written);
        return true;
    }
}

using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Praefect.Wire.Auth;

/// <summary>
/// Gitaly's bearer tokens, version 2: <c>Bearer v2.&lt;hex HMAC-SHA256 of the message&gt;.&lt;message&gt;</c>, the message being decimal
/// Unix seconds and the key the shared secret. A token is good for 30 seconds around its time, both ends included.
/// </summary>
public static class TokenV2
{
    /// <summary>How far a token's time may lie from the checker's clock, in both directions.</summary>
    public static readonly TimeSpan Validity = TimeSpan.FromSeconds(30);

    /// <summary>Reason: no header, another scheme, fewer than three parts, or a signature that is not hexadecimal.</summary>
    public const string NoToken = "authentication required";

    /// <summary>Reason: the version word is not <c>v2</c>.</summary>
    public const string InvalidVersion = "invalid token version";

    /// <summary>Reason: signed with another secret.</summary>
    public const string WrongSignature = "wrong hmac signature";

    /// <summary>Reason: the signed message is not a number.</summary>
    public const string UnreadableTimestamp = "cannot parse timestamp";

    /// <summary>Reason: older than <see cref="Validity"/>.</summary>
    public const string TooOld = "token has expired";

    /// <summary>Reason: more than <see cref="Validity"/> ahead.</summary>
    public const string TooNew = "token's validity window is in future";

    private const string Scheme = "Bearer";
    private const string Version = "v2";

    /// <summary>The value of an <c>authorization</c> header signed with <paramref name="secret"/>, an empty one included.</summary>
    public static string Create(string secret, DateTimeOffset now)
    {
        var message = now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        Span<byte> signature = stackalloc byte[HMACSHA256.HashSizeInBytes];
        Sign(secret, message, signature);
        return $"{Scheme} {Version}.{Convert.ToHexStringLower(signature)}.{message}";
    }

    /// <summary>Checks a header value against the secret; see <see cref="Check(string?, string, DateTimeOffset, out string)"/>.</summary>
    public static TokenVerdict Check(string? authorizationHeader, string secret, DateTimeOffset now) =>
        Check(authorizationHeader, secret, now, out _);

    /// <summary>
    /// Checks a header value against the secret. An empty secret accepts nothing: whether an empty secret switches the check off
    /// is the caller's decision.
    /// </summary>
    /// <param name="authorizationHeader">The header's value, null when there was none.</param>
    /// <param name="secret">The shared secret.</param>
    /// <param name="now">The checker's time.</param>
    /// <param name="reason">Why it was not accepted, one of this class's reason texts; empty when it was.</param>
    public static TokenVerdict Check(string? authorizationHeader, string secret, DateTimeOffset now, out string reason)
    {
        reason = NoToken;
        if (string.IsNullOrEmpty(secret) || !TrySplit(authorizationHeader, out var version, out var signatureHex, out var message))
            return TokenVerdict.Unauthenticated;

        Span<byte> signature = stackalloc byte[HMACSHA256.HashSizeInBytes];
        if (!TryReadHex(signatureHex, signature, out var wellSized))
            return TokenVerdict.Unauthenticated;

        reason = CheckParts(version, wellSized, signature, message, secret, now);
        return reason.Length == 0 ? TokenVerdict.Ok : TokenVerdict.Denied;
    }

    private static string CheckParts(
        ReadOnlySpan<char> version, bool wellSized, ReadOnlySpan<byte> signature, ReadOnlySpan<char> message, string secret, DateTimeOffset now)
    {
        if (!version.SequenceEqual(Version))
            return InvalidVersion;
        Span<byte> expected = stackalloc byte[HMACSHA256.HashSizeInBytes];
        Sign(secret, message, expected);
        if (!CryptographicOperations.FixedTimeEquals(expected, signature) || !wellSized)
            return WrongSignature;
        if (!long.TryParse(message, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var seconds))
            return UnreadableTimestamp;

        // Compared as seconds: a signed message may hold any 64-bit number, far outside of what a DateTimeOffset can say.
        var age = (decimal)(now - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerSecond - seconds;
        if (age > (decimal)Validity.TotalSeconds)
            return TooOld;
        return age < -(decimal)Validity.TotalSeconds ? TooNew : string.Empty;
    }

    private static bool TrySplit(
        ReadOnlySpan<char> header, out ReadOnlySpan<char> version, out ReadOnlySpan<char> signature, out ReadOnlySpan<char> message)
    {
        version = signature = message = default;
        var space = header.IndexOf(' ');
        if (space < 0 || !header[..space].Equals(Scheme, StringComparison.OrdinalIgnoreCase))
            return false;
        var token = header[(space + 1)..];
        var first = token.IndexOf('.');
        if (first < 0)
            return false;
        var rest = token[(first + 1)..];
        var second = rest.IndexOf('.');
        if (second < 0)
            return false;
        version = token[..first];
        signature = rest[..second];
        message = rest[(second + 1)..];
        return true;
    }

    private static bool TryReadHex(ReadOnlySpan<char> hex, Span<byte> signature, out bool wellSized)
    {
        wellSized = hex.Length == signature.Length * 2;
        if (wellSized)
            return Convert.FromHexString(hex, signature, out _, out _) == System.Buffers.OperationStatus.Done;
        return hex.Length % 2 == 0 && !hex.ContainsAnyExcept(HexDigits);
    }

    private static readonly System.Buffers.SearchValues<char> HexDigits = System.Buffers.SearchValues.Create("0123456789abcdefABCDEF");

    private static void Sign(ReadOnlySpan<char> secret, ReadOnlySpan<char> message, Span<byte> signature)
    {
        var key = new byte[Encoding.UTF8.GetByteCount(secret)];
        Encoding.UTF8.GetBytes(secret, key);
        var text = new byte[Encoding.UTF8.GetByteCount(message)];
        Encoding.UTF8.GetBytes(message, text);
        HMACSHA256.HashData(key, text, signature);
    }
}

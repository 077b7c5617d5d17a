using System.Buffers.Binary;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;

namespace Praefect.Gateway.Metadata;

/// <summary>Correlation ids for calls that bring none: 26 characters that sort by time (48 bits of milliseconds, 80 random bits, Crockford's base 32).</summary>
internal sealed class CorrelationIds(TimeProvider time)
{
    private const string Digits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    private readonly ulong _seed = BinaryPrimitives.ReadUInt64LittleEndian(RandomNumberGenerator.GetBytes(8));
    private ulong _count;

    /// <summary>A call's id: the first that it brings, or a new one.</summary>
    public string Of(HttpContext http) =>
        http.Request.Headers.TryGetValue(MetadataKeys.CorrelationId, out var values) && values is [{ Length: > 0 } given, ..] ? given : Next();

    /// <summary>A new id.</summary>
    public string Next()
    {
        // Not a secret: unique is enough, so a mixed counter over a random start does, without a system call for each RPC.
        var low = Mix(_seed + (Interlocked.Increment(ref _count) * 0x9E3779B97F4A7C15));
        var value = ((UInt128)(ulong)time.GetUtcNow().ToUnixTimeMilliseconds() << 80) | ((UInt128)(Mix(low) & 0xFFFF) << 64) | low;
        return string.Create(26, value, static (text, rest) =>
        {
            for (var i = text.Length - 1; i >= 0; i--, rest >>= 5)
                text[i] = Digits[(int)(rest & 31)];
        });
    }

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}

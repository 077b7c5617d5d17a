using System.Security.Cryptography;
using System.Text;

namespace Praefect.Gateway.Services;

/// <summary>UUIDs made from names (RFC 9562, version 5).</summary>
internal static class NameBasedUuid
{
    /// <summary>Namespace of virtual storages' filesystem ids.</summary>
    public static readonly Guid VirtualStorages = new("1ef1a8c6-cf52-4d0a-92a6-ca643e8bc7c5");

    public static Guid Create(Guid space, string name)
    {
        var bytes = Encoding.UTF8.GetBytes(name);
        Span<byte> input = new byte[16 + bytes.Length];
        space.TryWriteBytes(input, bigEndian: true, out _);
        bytes.CopyTo(input[16..]);
        Span<byte> hash = stackalloc byte[20];
        Hash(input, hash);
        hash[6] = (byte)((hash[6] & 0x0F) | 0x50);
        hash[8] = (byte)((hash[8] & 0x3F) | 0x80);
        return new Guid(hash[..16], bigEndian: true);
    }

    /// <summary>SHA-1 is what the format prescribes; nothing here is a secret.</summary>
    [System.Diagnostics.CodeAnalysis.SuppressMessage("Security", "CA5350", Justification = "Prescribed by RFC 9562 for version 5.")]
    private static void Hash(ReadOnlySpan<byte> input, Span<byte> hash) => SHA1.HashData(input, hash);
}

using System.Security.Cryptography;

namespace Praefect.StorageNode.Repositories;

/// <summary>
/// Gitaly's checksum of a repository: the lines of <c>git show-ref --head</c> whose reference counts, each hashed with SHA-1, all
/// hashes combined by exclusive or. So the order of the lines does not matter, and a repository without references has only zeros.
/// </summary>
public sealed class ReferenceChecksum
{
    /// <summary>The checksum of a repository without references.</summary>
    public static readonly string Empty = new('0', 2 * SHA1.HashSizeInBytes);

    private static readonly byte[][] Counted =
    [
        "refs/heads/"u8.ToArray(), "refs/tags/"u8.ToArray(), "refs/keep-around/"u8.ToArray(),
        "refs/merge-requests/"u8.ToArray(), "refs/environments/"u8.ToArray(), "refs/notes/"u8.ToArray(),
    ];

    private readonly byte[] _sum = new byte[SHA1.HashSizeInBytes];

    /// <summary>Adds a line: object id, space, name, no line feed. Lines of references that do not count are left out.</summary>
    public void Add(ReadOnlySpan<byte> line)
    {
        if (!Counts(line))
        {
            return;
        }

        Span<byte> hash = stackalloc byte[SHA1.HashSizeInBytes];
        SHA1.HashData(line, hash);
        for (var index = 0; index < hash.Length; index++)
        {
            _sum[index] ^= hash[index];
        }
    }

    /// <summary>Adds every line of <paramref name="text"/>.</summary>
    public void AddLines(ReadOnlySpan<byte> text)
    {
        while (!text.IsEmpty)
        {
            var end = text.IndexOf((byte)'\n');
            var line = end < 0 ? text : text[..end];
            if (!line.IsEmpty)
            {
                Add(line);
            }

            text = end < 0 ? default : text[(end + 1)..];
        }
    }

    /// <summary>The checksum in hex. Gitaly keeps it as a number, so zero bytes in front are not written, except for zero itself.</summary>
    public override string ToString()
    {
        var first = _sum.AsSpan().IndexOfAnyExcept((byte)0);
        return first < 0 ? Empty : Convert.ToHexStringLower(_sum, first, _sum.Length - first);
    }

    // HEAD and the prefixes count wherever they stand in the line; that is Gitaly's rule, and "refs/x/HEAD" follows from it.
    private static bool Counts(ReadOnlySpan<byte> line)
    {
        if (line.IndexOf("HEAD"u8) >= 0)
        {
            return true;
        }

        foreach (var prefix in Counted)
        {
            if (line.IndexOf(prefix) >= 0)
            {
                return true;
            }
        }

        return false;
    }
}

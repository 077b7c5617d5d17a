using System.Buffers;

namespace Praefect.StorageNode.References;

/// <summary>Ids of objects in hex: 40 digits (SHA-1) or 64 (SHA-256), lower case.</summary>
public static class ObjectId
{
    private static readonly SearchValues<char> Digits = SearchValues.Create("0123456789abcdef");

    /// <summary>Whether <paramref name="text"/> is a whole id; all zeros, which stand for "nothing", included.</summary>
    public static bool IsFull(ReadOnlySpan<char> text) => text.Length is 40 or 64 && !text.ContainsAnyExcept(Digits);

    /// <summary>Whether <paramref name="id"/> stands for "nothing".</summary>
    public static bool IsZero(ReadOnlySpan<char> id) => !id.ContainsAnyExcept('0');
}

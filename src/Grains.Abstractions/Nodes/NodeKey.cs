namespace Praefect.Grains.Nodes;

/// <summary>One storage behind a virtual storage. Also the key of its <see cref="IStorageNodeGrain"/>.</summary>
/// <param name="VirtualStorage">Name of the virtual storage.</param>
/// <param name="Storage">Name of the storage within it; the same name in another virtual storage is another node.</param>
[GenerateSerializer, Immutable]
public readonly record struct NodeKey([property: Id(0)] string VirtualStorage, [property: Id(1)] string Storage)
{
    /// <summary>Reads the form that <see cref="ToString"/> writes.</summary>
    /// <exception cref="FormatException">The text has no <c>/</c> between the two names.</exception>
    public static NodeKey Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        return slash < 0
            ? throw new FormatException($"\"{text}\" is not a node key: it has no '/' between virtual storage and storage")
            : new NodeKey(Uri.UnescapeDataString(text[..slash]), Uri.UnescapeDataString(text[(slash + 1)..]));
    }

    /// <summary>The grain's key: both names percent-encoded, <c>/</c> between them.</summary>
    public override string ToString() => $"{Uri.EscapeDataString(VirtualStorage)}/{Uri.EscapeDataString(Storage)}";
}

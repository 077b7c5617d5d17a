namespace Praefect.Grains.Repositories;

/// <summary>What clients call a repository by: the virtual storage and the relative path in it. Also the key of its <see cref="IRepositoryGrain"/>.</summary>
/// <param name="VirtualStorage">Name of the virtual storage, as clients send it in <c>storage_name</c>.</param>
/// <param name="RelativePath">Path as clients send it in <c>relative_path</c>: an opaque string, never normalised.</param>
[GenerateSerializer, Immutable]
public readonly record struct RepositoryKey([property: Id(0)] string VirtualStorage, [property: Id(1)] string RelativePath)
{
    /// <summary>Reads the form that <see cref="ToString"/> writes.</summary>
    /// <exception cref="FormatException">The text has no <c>/</c> behind the virtual storage.</exception>
    public static RepositoryKey Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        return slash < 0
            ? throw new FormatException($"\"{text}\" is not a repository key: it has no '/' between virtual storage and relative path")
            : new RepositoryKey(Uri.UnescapeDataString(text[..slash]), text[(slash + 1)..]);
    }

    /// <summary>The grain's key: the virtual storage, percent-encoded so that it holds no <c>/</c>, then <c>/</c>, then the relative path as it is.</summary>
    public override string ToString() => $"{Uri.EscapeDataString(VirtualStorage)}/{RelativePath}";
}

using System.Collections;

namespace Praefect.Wire.Grpc;

/// <summary>Metadata of a call: an ordered multi-map with lower-case keys. Values are the raw header text; those of <c>-bin</c> keys stay base64 text,
/// so that what passes through is what came in.</summary>
public sealed class GrpcMetadata : IEnumerable<KeyValuePair<string, string>>
{
    private readonly List<KeyValuePair<string, string>> _entries = [];

    /// <summary>How many entries there are, duplicates counted.</summary>
    public int Count => _entries.Count;

    /// <summary>Appends an entry; earlier ones of the same key stay.</summary>
    public void Add(string key, string value)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        ArgumentNullException.ThrowIfNull(value);
        _entries.Add(new KeyValuePair<string, string>(Lower(key), value));
    }

    /// <summary>The first value of <paramref name="key"/>; null: none.</summary>
    public string? Get(string key)
    {
        foreach (var entry in _entries)
        {
            if (string.Equals(entry.Key, key, StringComparison.OrdinalIgnoreCase))
            {
                return entry.Value;
            }
        }

        return null;
    }

    /// <summary>All values of <paramref name="key"/> in the order they were added.</summary>
    public IEnumerable<string> GetAll(string key)
    {
        foreach (var entry in _entries)
        {
            if (string.Equals(entry.Key, key, StringComparison.OrdinalIgnoreCase))
            {
                yield return entry.Value;
            }
        }
    }

    /// <summary>Whether <paramref name="key"/> has a value.</summary>
    public bool Contains(string key) => Get(key) is not null;

    /// <summary>Removes every value of <paramref name="key"/>.</summary>
    public void Remove(string key) => _entries.RemoveAll(e => string.Equals(e.Key, key, StringComparison.OrdinalIgnoreCase));

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, string>> GetEnumerator() => _entries.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    // Keys mostly are lower-case already, and ToLowerInvariant returns the same instance then.
    private static string Lower(string key) => key.ToLowerInvariant();
}

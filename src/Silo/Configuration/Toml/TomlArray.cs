using System.Collections;

namespace Praefect.Silo.Configuration.Toml;

/// <summary>An array: a value in brackets, or the tables of <c>[[name]]</c> headers.</summary>
public sealed class TomlArray : IReadOnlyList<TomlValue>
{
    private readonly List<TomlValue> _items = [];

    /// <inheritdoc/>
    public int Count => _items.Count;

    /// <summary>Made by <c>[[name]]</c> headers, so that further headers may append; a value in brackets is complete.</summary>
    internal bool OfTables { get; init; }

    /// <inheritdoc/>
    public TomlValue this[int index] => _items[index];

    /// <inheritdoc/>
    public IEnumerator<TomlValue> GetEnumerator() => _items.GetEnumerator();

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    internal void Add(TomlValue item) => _items.Add(item);
}

using System.Diagnostics.CodeAnalysis;

namespace Praefect.Silo.Configuration.Toml;

/// <summary>A table; keys keep the order of the document.</summary>
public sealed class TomlTable
{
    private readonly OrderedDictionary<string, TomlValue> _values = new(StringComparer.Ordinal);

    /// <summary>Every key with its value.</summary>
    public IReadOnlyCollection<KeyValuePair<string, TomlValue>> Entries => _values;

    /// <summary>How the table came to be, which decides whether later lines may add to it.</summary>
    internal TomlTableOrigin Origin { get; set; }

    /// <summary>Looks a key up.</summary>
    public bool TryGet(string key, [NotNullWhen(true)] out TomlValue? value) => _values.TryGetValue(key, out value);

    internal void Set(string key, TomlValue value) => _values[key] = value;
}

/// <summary>How a table came to be.</summary>
internal enum TomlTableOrigin
{
    /// <summary>Named on the way to another table in a header; may still get a header of its own.</summary>
    Implied,

    /// <summary>Has its header, or is an element of an array of tables.</summary>
    Header,

    /// <summary>Made by a dotted key; further dotted keys may add to it, a header may not.</summary>
    Dotted,

    /// <summary>Written in braces: complete.</summary>
    Inline,
}

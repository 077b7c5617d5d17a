using System.Diagnostics.CodeAnalysis;

namespace Praefect.Silo.Configuration;

/// <summary>
/// What a section of the configuration says, whether as TOML or as JSON. Keys are found in any case, as Praefect's readers find them: go-toml and Go's JSON take a key
/// for the setting of the same letters, and hand on one after the other, so of two spellings of one setting the last wins, and two spellings of one section add up.
/// </summary>
internal sealed class ConfigurationTable
{
    private readonly OrderedDictionary<string, ConfigurationValue> _values = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Every key, as it was first spelled, with its value.</summary>
    public IReadOnlyCollection<KeyValuePair<string, ConfigurationValue>> Entries => _values;

    /// <summary>Looks a key up.</summary>
    public bool TryGet(string key, [NotNullWhen(true)] out ConfigurationValue? value) => _values.TryGetValue(key, out value);

    /// <summary>Sets a key: a section adds to what is there of it, everything else takes the place of what was there.</summary>
    /// <exception cref="ConfigurationException">A section cannot add to what is none.</exception>
    public void Set(string key, ConfigurationValue value)
    {
        if (value.Value is not ConfigurationTable section || !_values.TryGetValue(key, out var existing))
        {
            _values[key] = value;
            return;
        }

        var into = existing.Value as ConfigurationTable ?? throw Closed(key, existing, value.Place);
        foreach (var (inner, one) in section.Entries)
            into.Set(inner, one);
    }

    /// <summary>The section of a key, or the last of its list of sections; made when it is missing.</summary>
    /// <exception cref="ConfigurationException">There is something else.</exception>
    public ConfigurationTable Section(string key, ConfigurationPlace place)
    {
        if (!_values.TryGetValue(key, out var existing))
            _values[key] = existing = new ConfigurationValue(new ConfigurationTable(), place);
        return existing.Value as ConfigurationTable ?? (existing.Value as ConfigurationList)?.Last ?? throw Closed(key, existing, place);
    }

    /// <summary>A new section at the end of the list of a key. The first of a list in another spelling begins the list anew, as in go-toml.</summary>
    /// <exception cref="ConfigurationException">There is something else.</exception>
    public ConfigurationTable Append(string key, ConfigurationPlace place)
    {
        if (!_values.TryGetValue(key, out var existing))
            _values[key] = existing = new ConfigurationValue(new ConfigurationList(), place);
        if (existing.Value is not ConfigurationList list)
            throw Closed(key, existing, place);
        if (list.Spellings.Add(key))
            list.Items.Clear();
        var section = new ConfigurationTable();
        list.Items.Add(new ConfigurationValue(section, place));
        return section;
    }

    private static ConfigurationException Closed(string key, ConfigurationValue existing, ConfigurationPlace place) =>
        new($"{ConfigurationFile.ReadingPrefix}{place}: {key} is {existing.Kind} at {existing.Place} and cannot be added to");
}

/// <summary>A list of values.</summary>
internal sealed class ConfigurationList
{
    /// <summary>The values.</summary>
    public List<ConfigurationValue> Items { get; init; } = [];

    /// <summary>The keys under which sections were added.</summary>
    public HashSet<string> Spellings { get; } = new(StringComparer.Ordinal);

    /// <summary>The last value, when it is a section.</summary>
    public ConfigurationTable? Last => Items is [.., { Value: ConfigurationTable last }] ? last : null;
}

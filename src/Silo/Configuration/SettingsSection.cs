using System.Collections.Immutable;
using System.Globalization;

namespace Praefect.Silo.Configuration;

/// <summary>Takes typed settings out of a table and remembers which keys nobody asked for.</summary>
/// <param name="table">The section; null where the document does not have it.</param>
/// <param name="path">Dotted name of the section, empty for the document itself.</param>
/// <param name="problems">Where values of the wrong type are reported.</param>
internal sealed class SettingsSection(ConfigurationTable? table, string path, SettingsProblems problems)
{
    private readonly HashSet<string> _known = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<SettingsSection> _children = [];

    /// <summary>Whether the document has the section.</summary>
    public bool Present => table is not null;

    public string Text(string key, string fallback = "") => Find(key) switch
    {
        null => fallback,
        { Value: string text } => text,
        var other => Refuse(key, other, "a string", fallback),
    };

    public bool Flag(string key, bool fallback) => Find(key) switch
    {
        null => fallback,
        { Value: bool flag } => flag,
        var other => Refuse(key, other, "a boolean", fallback),
    };

    /// <summary>A whole number from <paramref name="min"/> to <paramref name="max"/>.</summary>
    public long Number(string key, long fallback, long min, long max)
    {
        var found = Find(key);
        if (found is null)
            return fallback;
        if (found.Value is not long number)
            return Refuse(key, found, "an integer", fallback);
        if (number >= min && number <= max)
            return number;
        problems.Errors.Add($"{found.Place}: {Name(key)} must be from {min} to {max}, but is {number}");
        return fallback;
    }

    /// <summary>A duration as Go writes it, in a string.</summary>
    public TimeSpan Duration(string key, TimeSpan fallback)
    {
        var found = Find(key);
        if (found is null)
            return fallback;
        if (found.Value is not string text)
            return Refuse(key, found, "a duration in quotes such as \"1m30s\"", fallback);
        if (GoDuration.TryParse(text, out var duration))
            return duration;
        problems.Errors.Add($"{found.Place}: {Name(key)} must be a duration such as \"1m30s\", but is \"{text}\"");
        return fallback;
    }

    public ImmutableArray<double> Numbers(string key, ImmutableArray<double> fallback)
    {
        var found = Find(key);
        if (found is null)
            return fallback;
        if (found.Value is not ConfigurationList array)
            return Refuse(key, found, "an array of numbers", fallback);
        var numbers = ImmutableArray.CreateBuilder<double>(array.Items.Count);
        foreach (var item in array.Items)
        {
            if (item.Value is not (double or long))
                return Refuse(key, item, "an array of numbers", fallback);
            numbers.Add(Convert.ToDouble(item.Value, CultureInfo.InvariantCulture));
        }

        return numbers.ToImmutable();
    }

    public SettingsSection Section(string key)
    {
        var found = Find(key);
        var child = found switch
        {
            null => null,
            { Value: ConfigurationTable inner } => inner,
            _ => Refuse<ConfigurationTable?>(key, found, "a table", null),
        };
        return Adopt(new SettingsSection(child, Name(key), problems));
    }

    public ImmutableArray<SettingsSection> Sections(string key)
    {
        var found = Find(key);
        if (found is null)
            return [];
        if (found.Value is not ConfigurationList array || array.Items.Any(item => item.Value is not ConfigurationTable))
            return Refuse(key, found, "an array of tables", ImmutableArray<SettingsSection>.Empty);
        return [.. array.Items.Select(item => Adopt(new SettingsSection((ConfigurationTable)item.Value, Name(key), problems)))];
    }

    /// <summary>Every key, here and in the sections taken from here, that nobody asked for.</summary>
    public IEnumerable<string> UnknownKeys() =>
        (table?.Entries ?? []).Where(entry => !_known.Contains(entry.Key)).Select(entry => Name(entry.Key))
            .Concat(_children.SelectMany(child => child.UnknownKeys()));

    private ConfigurationValue? Find(string key)
    {
        _known.Add(key);
        return table is not null && table.TryGet(key, out var value) ? value : null;
    }

    private T Refuse<T>(string key, ConfigurationValue found, string expected, T fallback)
    {
        problems.Errors.Add($"{found.Place}: {Name(key)} must be {expected}, but is {found.Kind}");
        return fallback;
    }

    private SettingsSection Adopt(SettingsSection child)
    {
        _children.Add(child);
        return child;
    }

    private string Name(string key) => path.Length == 0 ? key : $"{path}.{key}";
}

/// <summary>What was found wrong while settings were read.</summary>
internal sealed class SettingsProblems
{
    public List<string> Errors { get; } = [];
}

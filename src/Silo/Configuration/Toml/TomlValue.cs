using System.Globalization;

namespace Praefect.Silo.Configuration.Toml;

/// <summary>A value of a document and where it stands.</summary>
/// <param name="Value">
/// A <see cref="string"/>, <see cref="long"/>, <see cref="double"/>, <see cref="bool"/>, <see cref="DateTimeOffset"/> (offset date-time),
/// <see cref="DateTime"/> (local date-time), <see cref="DateOnly"/>, <see cref="TimeOnly"/>, <see cref="TomlArray"/> or <see cref="TomlTable"/>.
/// </param>
/// <param name="Position">Where the value begins.</param>
public sealed record TomlValue(object Value, TomlPosition Position)
{
    /// <summary>What kind of value it is, with its article, for error messages.</summary>
    public string Kind => Value switch
    {
        string => "a string",
        long => "an integer",
        double => "a float",
        bool => "a boolean",
        TomlArray => "an array",
        TomlTable => "a table",
        _ => "a date or time",
    };

    /// <summary>The value as people read it.</summary>
    public override string ToString() => Convert.ToString(Value, CultureInfo.InvariantCulture) ?? string.Empty;
}

namespace Praefect.Silo.Configuration;

/// <summary>A value of the configuration and where it stands.</summary>
/// <param name="Value">A string, <see cref="long"/>, <see cref="double"/>, <see cref="bool"/>, date or time, <see cref="ConfigurationList"/> or <see cref="ConfigurationTable"/>.</param>
/// <param name="Place">Where the value begins.</param>
internal sealed record ConfigurationValue(object Value, ConfigurationPlace Place)
{
    /// <summary>What kind of value it is, with its article, for error messages.</summary>
    public string Kind => Value switch
    {
        string => "a string",
        long => "an integer",
        double => "a float",
        bool => "a boolean",
        ConfigurationList => "an array",
        ConfigurationTable => "a table",
        _ => "a date or time",
    };
}

/// <summary>A place in a configuration.</summary>
/// <param name="Line">Line of the file, from 1; 0: it is not from the file.</param>
/// <param name="Column">Character in the line, from 1.</param>
internal readonly record struct ConfigurationPlace(int Line, int Column)
{
    /// <summary>The form in which people read it.</summary>
    public override string ToString() => Line == 0 ? "output of the config command" : $"line {Line}, column {Column}";
}

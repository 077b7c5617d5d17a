namespace Praefect.Silo.Configuration.Toml;

/// <summary>A place in a TOML document.</summary>
/// <param name="Line">Line, from 1; 0: not from a document.</param>
/// <param name="Column">Character in the line, from 1.</param>
public readonly record struct TomlPosition(int Line, int Column)
{
    /// <summary>The form in which people read it.</summary>
    public override string ToString() => Line == 0 ? "output of the config command" : $"line {Line}, column {Column}";
}

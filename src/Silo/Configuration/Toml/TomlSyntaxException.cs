namespace Praefect.Silo.Configuration.Toml;

/// <summary>A document is not TOML 1.0. The message begins with the place.</summary>
public sealed class TomlSyntaxException(TomlPosition position, string problem) : Exception($"{position}: {problem}")
{
    /// <summary>Where the document goes wrong.</summary>
    public TomlPosition Position { get; } = position;
}

using System.Collections.Immutable;

namespace Praefect.Silo.Configuration;

/// <summary>The configuration cannot be used; every reason is listed, each a line of its own.</summary>
public sealed class ConfigurationException(ImmutableArray<string> problems) : Exception(string.Join(Environment.NewLine, problems))
{
    /// <summary>A single reason.</summary>
    public ConfigurationException(string problem)
        : this([problem])
    {
    }

    /// <summary>Every reason, in the order in which they were found; at least one.</summary>
    public ImmutableArray<string> Problems { get; } = problems;
}

using System.Globalization;
using System.Numerics;

namespace Praefect.Silo.Configuration;

/// <summary>A mistake in a configuration. Praefect looks for mistakes twice, with other words and not for the same ones each time.</summary>
/// <param name="Key">The way to the setting; empty for the file as a whole.</param>
/// <param name="Message">What <c>configuration validate</c> says; null: it has nothing to say.</param>
/// <param name="Refusal">What stops a start; null: nothing does.</param>
internal sealed record ConfigurationFault(IReadOnlyList<string> Key, string? Message, string? Refusal = null);

/// <summary>Collects mistakes.</summary>
internal sealed class ConfigurationFaults
{
    /// <summary>In the order in which they were found.</summary>
    public List<ConfigurationFault> Found { get; } = [];

    /// <summary>Something is wrong for both, or for the one that has words for it.</summary>
    public void When(bool wrong, string? message, string? refusal, params string[] key)
    {
        if (wrong)
            Found.Add(new ConfigurationFault(key, message, refusal));
    }

    /// <summary>A setting that Praefect does not have: both say the same, the start with the key in front.</summary>
    public void Own(bool wrong, string problem, params string[] key) => When(wrong, problem, $"{string.Join('.', key)} {problem}", key);

    /// <summary>A number that is too small.</summary>
    public void AtLeast<T>(T value, T min, string? refusal, params string[] key)
        where T : INumber<T> =>
        When(value < min, string.Create(CultureInfo.InvariantCulture, $"not in range: {value} is not greater than or equal to {min}"), refusal, key);

    /// <summary>A duration that is too short.</summary>
    public void AtLeast(TimeSpan value, TimeSpan min, string? refusal, params string[] key) => When(value < min, Range(value, min), refusal, key);

    /// <summary>The words of <c>configuration validate</c> for a duration that is too short.</summary>
    public static string Range(TimeSpan value, TimeSpan min) => $"not in range: {GoDuration.Format(value)} is not greater than or equal to {GoDuration.Format(min)}";
}

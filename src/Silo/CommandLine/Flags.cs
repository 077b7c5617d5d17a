using System.CommandLine;

namespace Praefect.Silo.CommandLine;

/// <summary>Flags as Go programs have them: one dash or two, the value behind a blank or <c>=</c>.</summary>
internal static class Flags
{
    /// <summary>A flag with a value.</summary>
    public static Option<T> Value<T>(string name, string description) => new($"--{name}", $"-{name}") { Description = description };

    /// <summary>A flag with a value and a default for it.</summary>
    public static Option<T> Value<T>(string name, string description, T fallback) =>
        new($"--{name}", $"-{name}") { Description = description, DefaultValueFactory = _ => fallback };

    /// <summary>A flag that is there or not.</summary>
    public static Option<bool> Switch(string name, string description) => Value<bool>(name, description);

    /// <summary>The flag's name as messages have it.</summary>
    public static string NameOf(Option flag) => flag.Name.TrimStart('-');

    /// <summary>Whether the flag was given.</summary>
    public static bool IsGiven(this ParseResult parsed, Option flag) => parsed.GetResult(flag) is { Implicit: false };
}

#if MUTANTS
namespace Praefect.Grains;

/// <summary>Wrong versions of the rules, to show that the tests notice. They exist only in builds with <c>-p:Mutants=true</c>; the environment variable MUTANT names the one in force.</summary>
internal static class Planted
{
    private static readonly string? s_name = Environment.GetEnvironmentVariable("MUTANT");

    /// <summary>Whether this one is in force.</summary>
    public static bool Is(string name) => string.Equals(name, s_name, StringComparison.Ordinal);
}
#endif

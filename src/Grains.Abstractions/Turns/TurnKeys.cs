namespace Praefect.Grains.Turns;

/// <summary>
/// What writes take turns on. A key is the full name of a reference (<c>refs/heads/main</c>), or the name of something else in a repository that nodes lock.
/// Writes with a key in common follow one another; all others run side by side.
/// </summary>
public static class TurnKeys
{
    /// <summary>In common with every other write that has a key.</summary>
    public const string WholeRepository = "*";

    /// <summary>Deletions: each locks the one file of packed references, whatever it deletes, and holds it while it is voted on.</summary>
    public const string Deletions = "packed-refs";

    /// <summary>Most keys of one write. A short call with more takes <see cref="WholeRepository"/>, a push with more takes none.</summary>
    public const int Most = 1000;
}

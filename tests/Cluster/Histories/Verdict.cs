namespace Praefect.Cluster.Histories;

/// <summary>What a check found.</summary>
/// <param name="Problem">Null: nothing is wrong.</param>
/// <param name="Decided">Whether the check came to an end; false when it was given up as too much work.</param>
internal sealed record Verdict(string? Problem, bool Decided = true)
{
    public static Verdict Good { get; } = new((string?)null);

    public bool Ok => Problem is null;
}

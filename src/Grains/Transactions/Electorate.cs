using System.Collections.Immutable;

namespace Praefect.Grains.Transactions;

/// <summary>Who votes, with which weight, and how much weight must agree.</summary>
internal sealed record Electorate(ImmutableArray<Voter> Voters, int Threshold)
{
    /// <summary>
    /// The one strategy in force: the primary must agree, and with it at least half of the secondaries, rounded up.
    /// A single secondary may disagree: otherwise one broken node of two would stop all writes.
    /// </summary>
    public static Electorate WithMandatoryPrimary(string primary, ImmutableArray<string> secondaries)
    {
        var count = secondaries.Length;
        var threshold = count switch
        {
            0 => 1,
            1 => 2,
            _ => count + 1 + ((count + 1) / 2),
        };
        return new Electorate([new Voter(primary, count + 1), .. secondaries.Select(s => new Voter(s, 1))], threshold);
    }

    /// <summary>What is wrong with it; null when nothing is.</summary>
    public string? Check()
    {
        if (Voters.IsEmpty)
            return "transaction requires at least one node";
        if (Voters.Select(v => v.Name).Distinct(StringComparer.Ordinal).Count() != Voters.Length)
            return "transactions cannot have duplicate nodes";
        // A threshold of half the weight or less would let two different votes win.
        var total = Voters.Sum(v => (long)v.Weight);
        return Threshold > total || 2L * Threshold <= total ? "transaction has invalid threshold" : null;
    }
}

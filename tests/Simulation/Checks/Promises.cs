using Praefect.Simulation.Machines;

namespace Praefect.Simulation.Checks;

/// <summary>What clients were promised of one repository.</summary>
/// <param name="parents">For every value that was ever asked for, the one that it was to follow.</param>
internal sealed class Promises(IReadOnlyDictionary<string, string?> parents)
{
    private readonly List<(Change Change, int Number)> _acknowledged = [];

    public void Add(Change change, int number) => _acknowledged.Add((change, number));

    /// <summary>Everything that a replica misses is given up.</summary>
    public void Forgive(SortedDictionary<string, string>? content) => _acknowledged.RemoveAll(a => !Has(content, a.Change));

    /// <summary>These writes are not owed by anybody.</summary>
    public void Forget(IReadOnlySet<string> values) => _acknowledged.RemoveAll(a => values.Contains(a.Change.Value));

    /// <summary>The first promise that a replica does not keep; null when it keeps all up to this number.</summary>
    public Change? Missing(SortedDictionary<string, string>? content, int upTo)
    {
        foreach (var (change, number) in _acknowledged)
        {
            if (number <= upTo && !Has(content, change))
                return change;
        }

        return null;
    }

    // It has the write's value, or one that was made from it, however many steps later.
    private bool Has(SortedDictionary<string, string>? content, Change change)
    {
        for (var value = content?.GetValueOrDefault(change.Reference); value is not null; value = parents.GetValueOrDefault(value))
        {
            if (value == change.Value)
                return true;
        }

        return false;
    }
}

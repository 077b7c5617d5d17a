using System.Collections.Immutable;
using System.Globalization;

namespace Praefect.Cluster.Histories;

/// <summary>
/// Whether there is one order of all operations on a reference, in which each takes effect at once and between its start and its end, that explains every answer.
/// Searched for as Wing and Gong do, with what was tried before kept in mind (Lowe).
/// </summary>
internal static class Linearizability
{
    /// <summary>How much is tried before giving up.</summary>
    public const int MostSteps = 2_000_000;

    private const int ShownAtMost = 8;

    /// <summary>Checks the history of one reference that did not exist at first.</summary>
    public static Verdict Check(IEnumerable<Operation> history)
    {
        var search = new OrderSearch(history);
        var tried = new HashSet<string>(StringComparer.Ordinal);
        var open = new Stack<Position>([Position.First]);
        var best = Position.First;
        for (var steps = 0; open.TryPop(out var position); steps++)
        {
            if (search.IsEnd(position))
                return Verdict.Good;
            if (steps == MostSteps)
                return new Verdict($"given up after {steps} steps", Decided: false);
            if (position.Count > best.Count)
                best = position;
            foreach (var next in search.Next(position))
            {
                if (tried.Add(next.Key))
                    open.Push(next);
            }
        }

        var candidates = search.Candidates(best).Take(ShownAtMost);
        return new Verdict(string.Create(
            CultureInfo.InvariantCulture,
            $"no order explains the answers: after {best.Count} of {search.Count} the value is {best.Value ?? "none"}, and none of these can follow:\n  {string.Join("\n  ", candidates)}"));
    }
}

/// <summary>A prefix of an order: what is in it, and the value after it.</summary>
/// <param name="Frontier">All operations with a known result before this one are in it.</param>
/// <param name="Beyond">Those after it that are, too, ascending.</param>
/// <param name="Used">Operations with an unknown result that took effect, ascending.</param>
/// <param name="Value">The value after all of them.</param>
internal sealed record Position(int Frontier, ImmutableSortedSet<int> Beyond, ImmutableSortedSet<int> Used, string? Value)
{
    public static Position First { get; } = new(0, [], [], null);

    public int Count => Frontier + Beyond.Count;

    public string Key => string.Create(CultureInfo.InvariantCulture, $"{Frontier}|{string.Join(',', Beyond)}|{string.Join(',', Used)}|{Value ?? "-"}");

    public Position With(int operation, string? value)
    {
        var (frontier, beyond) = (Frontier, Beyond.Add(operation));
        for (; beyond.Contains(frontier); frontier++)
            beyond = beyond.Remove(frontier);
        return this with { Frontier = frontier, Beyond = beyond, Value = value };
    }
}

using System.Collections.Immutable;

namespace Praefect.Cluster.Histories;

/// <summary>
/// The steps of the search for an order. An operation whose result is unknown is only put right in front of one that cannot be explained without it: nobody can
/// tell one whose effect was overwritten unseen from one that never took place. So there is no guessing which of them took place.
/// </summary>
internal sealed class OrderSearch
{
    private readonly ImmutableArray<Operation> _known;
    private readonly ImmutableArray<Operation> _unknown;

    public OrderSearch(IEnumerable<Operation> history)
    {
        var all = history.OrderBy(static operation => operation.Started).ToArray();
        _known = [.. all.Where(static operation => operation.Result != OperationResult.Unknown)];
        _unknown = [.. all.Where(static operation => operation.Result == OperationResult.Unknown && operation.Kind != OperationKind.Read)];
    }

    /// <summary>Operations that have to be in the order.</summary>
    public int Count => _known.Length;

    public bool IsEnd(Position position) => position.Count == _known.Length;

    /// <summary>Those that may come next: nothing that is left ended before they started.</summary>
    public IEnumerable<Operation> Candidates(Position position) => CandidateIndexes(position).Indexes.Select(index => _known[index]);

    /// <summary>Prefixes that are one longer, the most promising last.</summary>
    public IEnumerable<Position> Next(Position position)
    {
        var (candidates, before) = CandidateIndexes(position);

        // What changes nothing and is explained now is explained whatever follows: nothing else need be tried.
        foreach (var index in candidates)
        {
            if (!_known[index].Changes && Holds(_known[index], position.Value))
                return [position.With(index, position.Value)];
        }

        return candidates.OrderByDescending(index => _known[index].Ended).SelectMany(index => After(position, index, before));
    }

    private (List<int> Indexes, long Before) CandidateIndexes(Position position)
    {
        var before = long.MaxValue;
        var indexes = new List<int>();
        for (var i = position.Frontier; i < _known.Length && _known[i].Started <= before; i++)
        {
            if (position.Beyond.Contains(i))
                continue;
            indexes.Add(i);
            before = Math.Min(before, _known[i].Ended);
        }

        indexes.RemoveAll(index => _known[index].Started > before);
        return (indexes, before);
    }

    private IEnumerable<Position> After(Position position, int index, long before)
    {
        var operation = _known[index];
        if (Holds(operation, position.Value))
            return [position.With(index, operation.Changes ? operation.Value : position.Value)];
        var explained = operation.Result == OperationResult.Differed
            ? _unknown.Select(static unknown => unknown.Value).Distinct().Where(value => value != operation.Expected).SelectMany(value => Reach(position, value, before))
            : Reach(position, operation.Kind == OperationKind.Swap ? operation.Expected : operation.Value, before);
        return explained.Select(reached => reached.With(index, operation.Changes ? operation.Value : reached.Value));
    }

    private static bool Holds(Operation operation, string? value) => operation switch
    {
        { Result: OperationResult.Differed } => value != operation.Expected,
        { Kind: OperationKind.Read } => value == operation.Value,
        { Kind: OperationKind.Swap } => value == operation.Expected,
        _ => true,
    };

    // Ways to a value by operations that may have taken place: a swap among them needs what it expected, which may need another one.
    private IEnumerable<Position> Reach(Position position, string? value, long before)
    {
        for (var i = 0; i < _unknown.Length && _unknown[i].Started <= before; i++)
        {
            var operation = _unknown[i];
            if (operation.Value != value || position.Used.Contains(i))
                continue;
            var used = position with { Used = position.Used.Add(i) };
            var ready = operation.Kind == OperationKind.Write || position.Value == operation.Expected ? [used] : Reach(used, operation.Expected, before);
            foreach (var way in ready)
                yield return way with { Value = value };
        }
    }
}

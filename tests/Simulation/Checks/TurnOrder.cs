using Praefect.Grains.Turns;
using Praefect.Simulation.Engine;

namespace Praefect.Simulation.Checks;

/// <summary>
/// Turns as the grains tell of them: among the writes of one reference at most one has been told to go ahead and is not over, unless its turn was taken from it;
/// and go-aheads follow the order of the fencing tokens, so that who lost a turn to another is never told to go ahead after it.
/// </summary>
internal sealed class TurnOrder(World world)
{
    private readonly Dictionary<ulong, string> _keys = [];
    private readonly Dictionary<(ulong Activation, string Key), Holder> _last = [];
    private readonly HashSet<TurnToken> _passed = [];
    private readonly HashSet<TurnToken> _over = [];

    /// <summary>A gateway is about to open a write that takes a turn on a reference.</summary>
    public void Asked(ulong id, string repository, string reference) => _keys[id] = $"{repository} {reference}";

    /// <summary>A grain told something.</summary>
    public void Hear(string? what, IReadOnlyList<KeyValuePair<string, object?>> values)
    {
        if (Value(values, "Turn") is not TurnToken turn || Value(values, "TransactionId") is not ulong id)
            return;
        if (what == "LogGoesAhead")
            GoesAhead(id, turn);
        else if (what == "LogTaken" && Value(values, "State") is TurnState.Passed)
            _passed.Add(turn); // It goes on, in an order of the nodes' own.
        else
            _over.Add(turn);
    }

    private void GoesAhead(ulong id, TurnToken turn)
    {
        if (_passed.Contains(turn) || !_keys.TryGetValue(id, out var key))
            return;
        if (_over.Contains(turn))
            world.Fail($"{id:x} is told to go ahead in turn {turn} on {key}, which is over");
        if (_last.TryGetValue((turn.Activation, key), out var last))
        {
            if (turn.Sequence < last.Turn.Sequence)
                world.Fail($"{id:x} is told to go ahead in turn {turn} on {key}, after {last.Id:x} in turn {last.Turn}");
            if (!_passed.Contains(last.Turn) && !_over.Contains(last.Turn))
                world.Fail($"{id:x} is told to go ahead in turn {turn} on {key}, while {last.Id:x} holds turn {last.Turn}");
        }

        _last[(turn.Activation, key)] = new Holder(id, turn);
    }

    private static object? Value(IReadOnlyList<KeyValuePair<string, object?>> values, string name) => values.FirstOrDefault(v => v.Key == name).Value;

    private readonly record struct Holder(ulong Id, TurnToken Turn);
}

using System.Collections.Immutable;
using Praefect.Grains.Repositories;
using Praefect.Grains.Routing;

namespace Praefect.Grains.Explain;

/// <summary>
/// The last decisions on routes, in two rings, so that many reads do not push out the few other calls. Noting one stores three references, and once the ring is full
/// allocates nothing, as every read does it; words are made when somebody asks.
/// </summary>
internal sealed class RouteDecisions
{
    /// <summary>A read that any up-to-date replica may serve.</summary>
    public const string Read = "read";

    /// <summary>A read that must be served by the primary.</summary>
    public const string ForcedRead = "read of the primary";

    /// <summary>A maintenance call.</summary>
    public const string Maintenance = "maintenance";

    /// <summary>How many reads are remembered, and how many other calls.</summary>
    public const int Bound = 16;

    private readonly Ring _reads = new();
    private readonly Ring _others = new();
    private long _count;

    /// <summary>None was noted yet.</summary>
    public bool IsEmpty => _count == 0;

    /// <summary>Notes one.</summary>
    /// <param name="at">When (UTC).</param>
    /// <param name="call">What was to be routed.</param>
    /// <param name="outcome">A route, or the <see cref="RouteException"/> in its place.</param>
    public void Add(DateTimeOffset at, string call, object outcome) =>
        (call is Read or ForcedRead ? _reads : _others).Add(new Entry(_count++, at, call, outcome));

    /// <summary>All of them in words, the newest first.</summary>
    public ImmutableArray<RouteDecision> Tell() =>
        [.. _reads.All.Concat(_others.All).OrderByDescending(static entry => entry.Number).Select(static entry => new RouteDecision(entry.At, entry.Call, Words(entry.Outcome)))];

    private static string Words(object outcome) => outcome switch
    {
        AccessorRoute route => $"may go to {string.Join(", ", route.Storages)}",
        MaintenanceRoute route => $"goes to {string.Join(", ", route.Storages)}",
        MutatorRoute route => $"{(route.Creates ? "creates on" : "goes to")} {route.Primary}{Also(" with ", route.Secondaries)}{Also("; left to repair: ", route.Targets)}",
        RouteException refused => $"refused: {refused.Message}",
        _ => "unknown",
    };

    private static string Also(string lead, ImmutableArray<string> storages) => storages.IsEmpty ? string.Empty : lead + string.Join(", ", storages);

    private readonly record struct Entry(long Number, DateTimeOffset At, string Call, object Outcome);

    private sealed class Ring
    {
        private const int First = 2;

        // Grows with what is noted: of a hundred thousand active repositories most were read once or twice.
        private Entry[] _entries = [];
        private int _added;

        public IEnumerable<Entry> All => _entries.Take(_added);

        public void Add(Entry entry)
        {
            if (_added == _entries.Length && _added < Bound)
                Array.Resize(ref _entries, Math.Clamp(_added * 2, First, Bound));
            _entries[_added % Bound] = entry;

            // Stays below the double of the bound, whatever is added.
            _added = _added + 1 < 2 * Bound ? _added + 1 : Bound;
        }
    }
}

using System.Collections.Immutable;
using Praefect.Grains.Repositories;
using Praefect.Grains.Routing;

namespace Praefect.Grains.Explain;

/// <summary>
/// The last decisions on routes, in a ring. Noting one stores three references and allocates nothing, as every read does it; words are made when somebody asks.
/// </summary>
internal sealed class RouteDecisions
{
    /// <summary>A read that any up-to-date replica may serve.</summary>
    public const string Read = "read";

    /// <summary>A read that must be served by the primary.</summary>
    public const string ForcedRead = "read of the primary";

    /// <summary>A maintenance call.</summary>
    public const string Maintenance = "maintenance";

    /// <summary>How many are remembered.</summary>
    public const int Bound = 32;

    private readonly Entry[] _ring = new Entry[Bound];
    private int _next;

    /// <summary>None was noted yet.</summary>
    public bool IsEmpty => _ring[(_next - 1 + Bound) % Bound].Outcome is null;

    /// <summary>Notes one.</summary>
    /// <param name="at">When (UTC).</param>
    /// <param name="call">What was to be routed.</param>
    /// <param name="outcome">A route, or the <see cref="RouteException"/> in its place.</param>
    public void Add(DateTimeOffset at, string call, object outcome)
    {
        _ring[_next] = new Entry(at, call, outcome);
        _next = (_next + 1) % Bound;
    }

    /// <summary>All of them in words, the newest first.</summary>
    public ImmutableArray<RouteDecision> Tell()
    {
        var told = ImmutableArray.CreateBuilder<RouteDecision>(Bound);
        for (var back = 1; back <= Bound; back++)
        {
            var entry = _ring[(_next - back + Bound) % Bound];
            if (entry.Outcome is not null)
                told.Add(new RouteDecision(entry.At, entry.Call, Words(entry.Outcome)));
        }

        return told.ToImmutable();
    }

    private static string Words(object outcome) => outcome switch
    {
        AccessorRoute route => $"may go to {string.Join(", ", route.Storages)}",
        MaintenanceRoute route => $"goes to {string.Join(", ", route.Storages)}",
        MutatorRoute route => $"{(route.Creates ? "creates on" : "goes to")} {route.Primary}{Also(" with ", route.Secondaries)}{Also("; left to repair: ", route.Targets)}",
        RouteException refused => $"refused: {refused.Message}",
        _ => "unknown",
    };

    private static string Also(string lead, ImmutableArray<string> storages) => storages.IsEmpty ? string.Empty : lead + string.Join(", ", storages);

    private readonly record struct Entry(DateTimeOffset At, string Call, object? Outcome);
}

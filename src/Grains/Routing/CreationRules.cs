using System.Collections.Immutable;

namespace Praefect.Grains.Routing;

/// <summary>Storages chosen for a repository to be created.</summary>
/// <param name="Primary">Its answer is the client's.</param>
/// <param name="Secondaries">Take part.</param>
/// <param name="Targets">Get their copy afterwards.</param>
/// <param name="Explicit">The choice is stored as explicit assignments.</param>
internal sealed record CreationPlacement(string Primary, ImmutableArray<string> Secondaries, ImmutableArray<string> Targets, bool Explicit)
{
    /// <summary>What is stored as assignments; null: all configured storages.</summary>
    public ImmutableArray<string>? Assignments => Explicit ? [Primary, .. Secondaries, .. Targets] : null;
}

/// <summary>Where a new repository goes.</summary>
internal static class CreationRules
{
    /// <summary>A random healthy primary and as many other storages as the replication factor wants, healthy or not.</summary>
    /// <exception cref="RouteException">No healthy nodes.</exception>
    public static CreationPlacement Free(RoutingView view, IRandomSource random)
    {
        view.ThrowIfNothingUsable();
        var usable = view.Configured.Where(view.Usable.Contains).ToArray();
        var primary = usable[random.Next(usable.Length)];
        var others = view.Configured.RemoveAll(s => string.Equals(s, primary, StringComparison.Ordinal));
        var factor = view.DefaultReplicationFactor;
        if (factor > 0)
            others = Pick(others, factor - 1, random);
        return Split(view, primary, others, factor > 0);
    }

    /// <summary>
    /// Exactly the assigned storages of another repository, whatever the replication factor says: a fork shares objects with its source by local paths, which
    /// work only where both lie. Explicit assignments of the source are stored explicitly, so that later changes of the default cannot part them.
    /// </summary>
    /// <exception cref="RouteException">No healthy nodes, or the other repository's primary cannot take it.</exception>
    public static CreationPlacement Beside(RoutingView view, Placement beside)
    {
        view.ThrowIfNothingUsable();
        if (beside.Primary is not { } primary)
            throw RouteChecks.NoPrimary();
        if (!view.Usable.Contains(primary))
            throw RouteChecks.PrimaryNotHealthy();
        if (!beside.UpToDate.Contains(primary, StringComparer.Ordinal))
            throw RouteChecks.PrimaryNotAssigned();
        var placement = Split(view, primary, beside.UpToDate.Remove(primary, StringComparer.Ordinal), beside.Explicit || view.DefaultReplicationFactor > 0);
        return placement with { Targets = [.. placement.Targets, .. beside.Others] };
    }

    private static ImmutableArray<string> Pick(ImmutableArray<string> from, int count, IRandomSource random)
    {
        if (count == 0)
            return [];
        var shuffled = from.ToArray();
        random.Shuffle<string>(shuffled);
        return [.. shuffled.Take(count)];
    }

    private static CreationPlacement Split(RoutingView view, string primary, ImmutableArray<string> others, bool isExplicit) =>
        new(primary, others.RemoveAll(s => !view.Usable.Contains(s)), others.RemoveAll(view.Usable.Contains), isExplicit);
}

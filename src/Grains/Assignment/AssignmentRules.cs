using System.Collections.Immutable;
using System.Globalization;
using Praefect.Grains.Replicas;
using Praefect.Grains.Repositories;
using Praefect.Grains.Routing;

namespace Praefect.Grains.Assignment;

/// <summary>On which storages a repository is to be.</summary>
internal static class AssignmentRules
{
    /// <summary>
    /// Changes the number of assigned storages. Too few: the primary is added first, then storages that have the most to offer (an up-to-date replica, then any),
    /// at random among equals. Too many: taken away in the opposite order, never the primary. Assignments to storages that are not configured stay and do not count.
    /// </summary>
    /// <exception cref="RouteException">The factor cannot be had, or there is no repository.</exception>
    public static RepositoryRecord WithReplicationFactor(
        RepositoryRecord record, RepositoryKey key, ImmutableArray<string> configured, int factor, IRandomSource random)
    {
        ThrowUnlessPossible(factor, configured.Length);
        if (!record.Exists())
            throw new RouteException(RouteFailure.RepositoryNotFound, $"repository \"{key.VirtualStorage}\"/\"{key.RelativePath}\" not found");
        var explicitly = record.Assignments ?? [];
        var assigned = configured.RemoveAll(s => !explicitly.Contains(s, StringComparer.Ordinal));
        if (assigned.Length < factor)
        {
            var more = ByWorth(record, configured.RemoveRange(assigned, StringComparer.Ordinal), random);
            return record with { Assignments = [.. explicitly, .. more.Take(factor - assigned.Length)] };
        }

        var worth = ByWorth(record, assigned, random);
        return record with { Assignments = explicitly.RemoveRange(worth.Skip(factor), StringComparer.Ordinal) };
    }

    /// <summary>Where a repository that was found on a storage's disk is to be copied to, and what is stored as its assignments.</summary>
    public static (ImmutableArray<string> Secondaries, ImmutableArray<string>? Assignments) ForFound(RoutingView view, string storage, IRandomSource random)
    {
        var others = view.Configured.Remove(storage, StringComparer.Ordinal);
        if (view.DefaultReplicationFactor <= 0)
            return (others, null);
        var chosen = Shuffled(others, random).Take(view.DefaultReplicationFactor - 1).ToHashSet(StringComparer.Ordinal);
        var secondaries = others.RemoveAll(s => !chosen.Contains(s));
        return (secondaries, [storage, .. secondaries]);
    }

    private static void ThrowUnlessPossible(int factor, int storages)
    {
        if (factor < 1)
            throw Invalid(string.Create(CultureInfo.InvariantCulture, $"attempted to set replication factor {factor} but minimum is 1"));
        if (factor > storages)
            throw Invalid(string.Create(CultureInfo.InvariantCulture, $"attempted to set replication factor {factor} but virtual storage only contains {storages} storages"));
    }

    private static RouteException Invalid(string message) => new(RouteFailure.InvalidReplicationFactor, message);

    // A copy that is there need not be made, and one that is up to date must not be thrown away for one that is not.
    private static IEnumerable<string> ByWorth(RepositoryRecord record, ImmutableArray<string> storages, IRandomSource random) =>
        Shuffled(storages, random)
            .OrderByDescending(s => string.Equals(s, record.Primary, StringComparison.Ordinal))
            .ThenByDescending(record.GenerationOf);

    private static string[] Shuffled(ImmutableArray<string> storages, IRandomSource random)
    {
        var shuffled = storages.ToArray();
        random.Shuffle<string>(shuffled);
        return shuffled;
    }
}

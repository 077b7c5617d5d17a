using System.Collections.Immutable;
using System.Globalization;
using Praefect.Grains.Election;
using Praefect.Grains.Replicas;
using Praefect.Grains.Routing;

namespace Praefect.Grains.Explain;

/// <summary>Says in words what the rules of routing and election decide by.</summary>
internal static class ReplicaReasons
{
    /// <summary>What the repository can do.</summary>
    /// <param name="record">The repository.</param>
    /// <param name="view">Its virtual storage.</param>
    /// <param name="settling">The replicas are being compared.</param>
    public static string State(RepositoryRecord record, RoutingView view, bool settling)
    {
        if (!record.Exists())
            return record.IsBeingCreated() ? "is being created" : "there is no record of it";
        if (!view.Configured.Any(s => view.Healthy.Contains(s) && record.IsUpToDate(s)))
            return Unavailable(record);
        if (settling)
            return "serves reads; writes wait, since one was cut off and the replicas are being compared";
        var candidates = PrimaryElection.Candidates(record, view.Configured, view.Healthy);
        var assigned = record.Assigned(view.Configured);
        var sound = assigned.Count(s => view.Healthy.Contains(s) && record.IsUpToDate(s));
        return candidates.Any(s => assigned.Contains(s, StringComparer.Ordinal))
            ? "serves reads and writes" + (sound == assigned.Length ? string.Empty
                : string.Create(CultureInfo.InvariantCulture, $", with {sound} of {assigned.Length} assigned storages up to date and healthy"))
            : "serves reads only: no assigned storage is up to date and healthy, so none can be primary of a write";
    }

    /// <summary>Whether a storage can serve reads, and why not.</summary>
    public static string Reads(RepositoryRecord record, RoutingView view, string storage, Func<string, bool> mayServe)
    {
        if (Unfit(record, view, storage) is { } why)
            return "no: " + why;
        return mayServe(storage) ? "yes" : "no: replicas agreed on a write that it did not take, and whose outcome is not recorded yet";
    }

    /// <summary>Whether a storage is primary, and why or why not.</summary>
    public static string Primary(RepositoryRecord record, RoutingView view, string storage)
    {
        var candidates = PrimaryElection.Candidates(record, view.Configured, view.Healthy);
        var unfit = Unfit(record, view, storage);
        var candidate = candidates.Contains(storage, StringComparer.Ordinal);
        if (string.Equals(record.Primary, storage, StringComparison.Ordinal))
        {
            if (candidate)
                return "yes: up to date and healthy";
            var reason = unfit ?? "it is not assigned, and storages that are can take over";
            return candidates.IsEmpty ? $"yes, as nobody can take over: {reason}" : $"until the next write, which elects {string.Join(" or ", candidates)}: {reason}";
        }

        if (unfit is not null)
            return "no: " + unfit;
        if (!candidate)
            return "no: it is not assigned, and storages that are could be";
        return record.Primary is { } primary && candidates.Contains(primary, StringComparer.Ordinal) ? $"no: {primary} is, and can go on" : "may be elected by the next write";
    }

    // Whoever reads this is to know what would help.
    private static string Unavailable(RepositoryRecord record)
    {
        var holders = string.Join(" or ", record.Replicas.Where(r => r.Generation == record.Generation).Select(static r => r.Storage));
        return holders.Length > 0
            ? $"unavailable until {holders} is back: no other storage is up to date (accept-dataloss would give up the changes that others lack)"
            : "unavailable: no storage is up to date (accept-dataloss makes the replica of another one the repository)";
    }

    private static string? Unfit(RepositoryRecord record, RoutingView view, string storage)
    {
        if (!view.Configured.Contains(storage, StringComparer.Ordinal))
            return "the storage is not configured";
        if (record.GenerationOf(storage) is var generation && generation < 0)
            return "it has no replica";
        if (generation != record.Generation)
            return string.Create(CultureInfo.InvariantCulture, $"its replica is at generation {generation}, the repository at {record.Generation}");
        return view.Healthy.Contains(storage) ? null : "it is not healthy";
    }
}

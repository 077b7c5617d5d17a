using Praefect.Grains.Catalogue;

namespace Praefect.Database.Catalogue;

/// <summary>Who hosts and who is up to date, for repositories that may have to be reported.</summary>
/// <param name="UpToDate">Storages with an up-to-date replica.</param>
/// <param name="Hosts">Configured storages that have to host them.</param>
/// <param name="Unavailable">No storage that is up to date is healthy.</param>
internal sealed record JudgedPlacement(string[] UpToDate, string[] Hosts, bool Unavailable)
{
    /// <summary>
    /// Who hosts: assignments to storages that are not configured do not count; where none is left, every configured storage has to host the repository.
    /// </summary>
    public static JudgedPlacement Judge(string[] assigned, string[] upToDate, IReadOnlyCollection<string> configured, IReadOnlyCollection<string> healthy)
    {
        var hosts = configured.Intersect(assigned, StringComparer.Ordinal).ToArray();
        return new JudgedPlacement(upToDate, hosts.Length > 0 ? hosts : [.. configured], !upToDate.Intersect(healthy, StringComparer.Ordinal).Any());
    }

    /// <summary>Every storage that has to host them is healthy and up to date.</summary>
    public bool IsComplete(IReadOnlyCollection<string> healthy) =>
        !Hosts.Except(UpToDate, StringComparer.Ordinal).Any() && !Hosts.Except(healthy, StringComparer.Ordinal).Any();

    /// <summary>The report of one of the repositories.</summary>
    public DatalossEntry Entry(
        long id, string path, long generation, string primary, IEnumerable<(string Storage, long Generation)> outdated, IReadOnlyCollection<string> healthy)
    {
        var behind = new SortedDictionary<string, long>(StringComparer.Ordinal);
        foreach (var host in Hosts)
            behind[host] = generation + 1;
        foreach (var (storage, its) in outdated)
            behind[storage] = generation - its;
        foreach (var storage in UpToDate)
            behind[storage] = 0;
        return new DatalossEntry(id, path, generation, primary, Unavailable, [.. behind.Select(Replica)]);

        DatalossReplica Replica(KeyValuePair<string, long> pair) => new(
            pair.Key, Hosts.Contains(pair.Key, StringComparer.Ordinal), healthy.Contains(pair.Key, StringComparer.Ordinal), pair.Value);
    }
}

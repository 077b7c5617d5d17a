using System.Globalization;
using Praefect.Grains.Replicas;
using Praefect.Grains.Repositories;
using Praefect.Grains.Routing;

namespace Praefect.Grains.Assignment;

/// <summary>Records taken over from a Praefect database.</summary>
internal static class ImportRules
{
    /// <summary>The record as it will be stored.</summary>
    /// <exception cref="RouteException">It is not a record that the rules could work on.</exception>
    public static RepositoryRecord Record(RepositoryKey key, ImportedRepository imported)
    {
        if (Mistake(imported) is { } mistake)
            throw new RouteException(RouteFailure.InvalidRecord, $"repository \"{key.VirtualStorage}\"/\"{key.RelativePath}\" cannot be imported: {mistake}");
        return new RepositoryRecord
        {
            RepositoryId = imported.RepositoryId,
            VirtualStorage = key.VirtualStorage,
            RelativePath = key.RelativePath,
            ReplicaPath = imported.ReplicaPath,
            Generation = imported.Generation,
            Primary = string.IsNullOrEmpty(imported.Primary) ? null : imported.Primary,
            Replicas = [.. imported.Replicas.Select(r => new ReplicaRecord(r.Storage, r.Generation, r.VerifiedAt))],
            Assignments = imported.Assignments is { IsDefaultOrEmpty: false } assignments ? assignments : null,
        };
    }

    private static string? Mistake(ImportedRepository imported)
    {
        if (imported.RepositoryId < 1)
            return string.Create(CultureInfo.InvariantCulture, $"its id is {imported.RepositoryId}, and ids begin with 1");
        if (string.IsNullOrEmpty(imported.ReplicaPath))
            return "it has no replica path";
        if (imported.Generation < 0)
            return string.Create(CultureInfo.InvariantCulture, $"its generation is {imported.Generation}, and generations begin with 0");
        if (imported.Replicas.IsDefault || imported.Replicas.Any(r => string.IsNullOrEmpty(r.Storage) || r.Generation < 0))
            return "a replica has no storage or no generation";
        return imported.Replicas.Select(r => r.Storage).Distinct(StringComparer.Ordinal).Count() < imported.Replicas.Length ? "two replicas are on one storage" : null;
    }
}

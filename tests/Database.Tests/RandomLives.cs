namespace Praefect.Database.Tests;

/// <summary>What may become of a repository's record, at random.</summary>
internal static class RandomLives
{
    private static readonly string[] s_storages = ["gitaly-1", "gitaly-2", "gitaly-3", "Gitaly-B", "älter"];

    internal static Record Step(Record record, int grain, Random random, Func<long> newId)
    {
        if (record.RepositoryId == 0 || record.Generation < 0)
        {
            var name = s_storages[random.Next(s_storages.Length)];
            return new Record
            {
                RepositoryId = record.RepositoryId > 0 ? record.RepositoryId : newId(),
                RelativePath = $"path-{grain}.git",
                ReplicaPath = $"@cluster/{random.Next()}",
                // Sometimes still being created: then it is nobody's yet.
                Generation = random.Next(-1, 1),
                Primary = random.Next(3) == 0 ? null : name,
                Replicas = [new Replica(name, 0, VerifiedAt: null)],
                Assignments = random.Next(2) == 0 ? null : [.. s_storages.Where(_ => random.Next(2) == 0)],
            };
        }

        switch (random.Next(8))
        {
            case 0:
                return random.Next(3) == 0 ? new Record { RelativePath = record.RelativePath } : record with { Primary = s_storages[random.Next(s_storages.Length)] };
            case 1:
                return record with { OpenWrites = [new OpenWrite((ulong)random.NextInt64(), ["gitaly-1"])] };
            case 2:
                var added = s_storages.Except(record.Replicas.Select(static replica => replica.Storage), StringComparer.Ordinal).FirstOrDefault();
                return added is null ? record : record with { Replicas = [.. record.Replicas, new Replica(added, random.NextInt64(record.Generation + 1), VerifiedAt: null)] };
            case 3:
                return record with { Replicas = [.. record.Replicas.Where(_ => random.Next(4) > 0)] };
            case 4:
                var verifiedAt = DateTimeOffset.UnixEpoch.AddSeconds(random.Next());
                return record with { Replicas = [.. record.Replicas.Select(replica => random.Next(2) == 0 ? replica : replica with { VerifiedAt = verifiedAt })] };
            case 5:
                return record with { Assignments = random.Next(3) == 0 ? null : [.. s_storages.Where(_ => random.Next(2) == 0).Reverse()] };
            default:
                // A write that some of the up-to-date replicas took.
                var all = random.Next(2) == 0;
                var generation = record.Generation + 1;
                return record with
                {
                    Generation = generation,
                    OpenWrites = [],
                    Replicas = [.. record.Replicas.Select(replica =>
                        replica.Generation == record.Generation && (all || random.Next(2) == 0) ? replica with { Generation = generation } : replica)],
                };
        }
    }
}

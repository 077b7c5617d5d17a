namespace Praefect.Database.Catalogue;

/// <summary>The texts behind <see cref="PostgresCatalogue"/>. Each reads what its answer holds and little more, however many repositories there are.</summary>
public static class PostgresQueries
{
    /// <summary>Relative paths of a virtual storage behind a given one. $1 virtual storage, $2 path, $3 limit.</summary>
    public const string Paths = """
        SELECT relative_path FROM catalogue_repositories
        WHERE virtual_storage = $1 AND relative_path > $2
        ORDER BY relative_path LIMIT $3
        """;

    /// <summary>
    /// Placements whose repositories are to be reported, and whether these are unavailable. $1 virtual storage, $2 configured storages, $3 healthy
    /// ones, $4 whether to include repositories that are available but not on every storage that has to host them.
    /// </summary>
    // Assignments to storages that are not configured do not count; where none is left, every configured storage has to host the repository.
    public const string BadPlacements = """
        SELECT placement_id, up_to_date, hosts, NOT up_to_date && $3::text[] AS unavailable
        FROM (
          SELECT placement_id, up_to_date,
            CASE WHEN assigned && $2::text[] THEN ARRAY(SELECT unnest(assigned) INTERSECT SELECT unnest($2::text[])) ELSE $2::text[] END AS hosts
          FROM catalogue_placements WHERE virtual_storage = $1) AS placement
        WHERE NOT up_to_date && $3::text[] OR $4 AND NOT (hosts <@ up_to_date AND hosts <@ $3::text[])
        """;

    /// <summary>Repositories of some placements by path, behind a given one, with their replicas that are behind. $1 virtual storage, $2 placements, $3 path, $4 limit.</summary>
    public const string RepositoriesOfPlacements = """
        SELECT repository.placement_id, repository.repository_id, repository.relative_path, repository.generation, repository.primary_storage,
          ARRAY(SELECT storage FROM catalogue_replicas AS replica
            WHERE replica.repository_id = repository.repository_id AND replica.generation IS NOT NULL ORDER BY storage),
          ARRAY(SELECT replica.generation FROM catalogue_replicas AS replica
            WHERE replica.repository_id = repository.repository_id AND replica.generation IS NOT NULL ORDER BY storage)
        FROM (
          SELECT * FROM catalogue_repositories
          WHERE virtual_storage = $1 AND placement_id = ANY ($2) AND relative_path > $3
          ORDER BY relative_path LIMIT $4) AS repository
        ORDER BY repository.relative_path
        """;

    /// <summary>How many repositories of a virtual storage are on some placements. $1 placements.</summary>
    public const string CountOfPlacements = "SELECT count(*) FROM catalogue_repositories WHERE placement_id = ANY ($1)";

    /// <summary>Replicas of a storage behind a given repository id, by id of verification age. $1 virtual storage, $2 storage, $3 verified at, $4 repository id, $5 limit.</summary>
    public const string ReplicasOfStorage = """
        SELECT repository.repository_id, repository.relative_path, repository.replica_path,
          coalesce(replica.generation, repository.generation), replica.generation IS NULL, replica.verified_at
        FROM (
          SELECT repository_id, generation, verified_at FROM catalogue_replicas
          WHERE virtual_storage = $1 AND storage = $2 AND verified_at >= $3 AND (verified_at, repository_id) > ($3, $4)
          ORDER BY virtual_storage, storage, verified_at, repository_id LIMIT $5) AS replica
        JOIN catalogue_repositories AS repository USING (repository_id)
        ORDER BY replica.verified_at, repository.repository_id
        """;

    /// <summary>
    /// Takes the replicas that were not verified for longest and leases them. $1 virtual storage, $2 healthy storages, $3 only those verified before
    /// this time, $4 now, $5 end of the lease, $6 limit.
    /// </summary>
    // Leases are inserted in one order by everybody, so that two verifiers never wait for one another in a circle.
    public const string LeaseVerifications = """
        WITH due AS (
          SELECT candidate.repository_id, candidate.storage
          FROM unnest($2::text[]) AS healthy (storage)
          CROSS JOIN LATERAL (
            SELECT replica.repository_id, replica.storage, replica.verified_at FROM catalogue_replicas AS replica
            WHERE replica.virtual_storage = $1 AND replica.storage = healthy.storage AND replica.verified_at < $3
              AND NOT EXISTS (
                SELECT 1 FROM catalogue_verifications AS lease
                WHERE lease.repository_id = replica.repository_id AND lease.storage = replica.storage AND lease.leased_until > $4)
            ORDER BY replica.verified_at LIMIT $6) AS candidate
          ORDER BY candidate.verified_at LIMIT $6),
        leased AS (
          INSERT INTO catalogue_verifications AS lease (repository_id, storage, leased_until)
          SELECT repository_id, storage, $5 FROM due ORDER BY repository_id, storage
          ON CONFLICT (repository_id, storage) DO UPDATE SET leased_until = excluded.leased_until WHERE lease.leased_until <= $4
          RETURNING lease.repository_id, lease.storage)
        SELECT repository.repository_id, leased.storage, repository.relative_path, repository.replica_path
        FROM leased JOIN catalogue_repositories AS repository USING (repository_id)
        """;

    /// <summary>Ends leases. $1 repository ids, $2 storages, pairwise.</summary>
    public const string ReleaseVerifications = """
        DELETE FROM catalogue_verifications AS lease
        USING unnest($1::bigint[], $2::text[]) AS done (repository_id, storage)
        WHERE lease.repository_id = done.repository_id AND lease.storage = done.storage
        """;

    /// <summary>What a repository id stands for. $1 id.</summary>
    public const string ById = "SELECT virtual_storage, relative_path FROM catalogue_repositories WHERE repository_id = $1";

    /// <summary>Which of some replica paths have a record on a storage. $1 virtual storage, $2 storage, $3 paths.</summary>
    public const string KnownReplicaPaths = """
        SELECT replica_path FROM catalogue_repositories AS repository
        WHERE replica_path = ANY ($3) AND virtual_storage = $1
          AND EXISTS (SELECT 1 FROM catalogue_replicas AS replica WHERE replica.repository_id = repository.repository_id AND replica.storage = $2)
        """;

    /// <summary>For each storage, how many repositories it has to host and has no up-to-date replica of. $1 virtual storage, $2 configured storages.</summary>
    // First the placements, of which there are few; repositories are counted by the index on their placement.
    public const string Behind = """
        SELECT host, sum(repositories)::bigint
        FROM (
          SELECT unnest(hosts) AS host, up_to_date,
            (SELECT count(*) FROM catalogue_repositories AS repository WHERE repository.placement_id = placement.placement_id) AS repositories
          FROM (
            SELECT placement_id, up_to_date,
              CASE WHEN assigned && $2::text[] THEN ARRAY(SELECT unnest(assigned) INTERSECT SELECT unnest($2::text[])) ELSE $2::text[] END AS hosts
            FROM catalogue_placements WHERE virtual_storage = $1) AS placement
          WHERE NOT hosts <@ up_to_date) AS behind
        WHERE host <> ALL (up_to_date)
        GROUP BY host
        """;

    /// <summary>For each storage, how many replicas were never verified and how many before some time. $1 virtual storage, $2 storages, $3 time.</summary>
    public const string VerificationDepths = """
        SELECT asked.storage, count(*) FILTER (WHERE verified_at = '-infinity'), count(*) FILTER (WHERE verified_at > '-infinity')
        FROM unnest($2::text[]) AS asked (storage)
        JOIN catalogue_replicas AS replica ON replica.virtual_storage = $1 AND replica.storage = asked.storage AND replica.verified_at < $3
        GROUP BY asked.storage
        """;
}

namespace Praefect.Database.Catalogue;

/// <summary>The texts behind <see cref="SqliteCatalogue"/>.</summary>
internal static class SqliteQueries
{
    public const string Paths = """
        SELECT relative_path FROM catalogue_repositories
        WHERE virtual_storage = @virtual_storage AND relative_path > @after
        ORDER BY relative_path LIMIT @limit
        """;

    // The combinations that occur are few; who of them is bad is decided by the reader.
    public const string Placements = "SELECT placement_id, assigned, up_to_date FROM catalogue_placements WHERE virtual_storage = @virtual_storage";

    public const string CountsOfPlacements = """
        SELECT placement_id, count(*) FROM catalogue_repositories
        WHERE placement_id IN (SELECT value FROM json_each(@placements)) GROUP BY placement_id
        """;

    public const string RepositoriesOfPlacements = """
        SELECT placement_id, repository_id, relative_path, generation, primary_storage,
          (SELECT json_group_object(storage, generation) FROM catalogue_replicas AS replica
            WHERE replica.repository_id = repository.repository_id AND replica.generation IS NOT NULL)
        FROM catalogue_repositories AS repository
        WHERE virtual_storage = @virtual_storage AND placement_id IN (SELECT value FROM json_each(@placements)) AND relative_path > @after
        ORDER BY relative_path LIMIT @limit
        """;

    public const string ReplicasOfStorage = """
        SELECT repository.repository_id, relative_path, replica_path, coalesce(replica.generation, repository.generation), replica.generation IS NULL, verified_at
        FROM (
          SELECT repository_id, generation, verified_at FROM catalogue_replicas
          WHERE virtual_storage = @virtual_storage AND storage = @storage AND (verified_at, repository_id) > (@verified_at, @after)
          ORDER BY verified_at, repository_id LIMIT @limit) AS replica
        JOIN catalogue_repositories AS repository USING (repository_id)
        ORDER BY verified_at, repository.repository_id
        """;

    public const string DueOfStorage = """
        SELECT repository.repository_id, @storage, relative_path, replica_path, verified_at
        FROM (
          SELECT repository_id, verified_at FROM catalogue_replicas
          WHERE virtual_storage = @virtual_storage AND storage = @storage AND verified_at < @before
          ORDER BY verified_at, repository_id LIMIT @limit) AS replica
        JOIN catalogue_repositories AS repository USING (repository_id)
        ORDER BY verified_at, repository.repository_id
        """;

    public const string VerificationDepth = """
        SELECT count(*) FILTER (WHERE verified_at = @never), count(*) FILTER (WHERE verified_at > @never) FROM catalogue_replicas
        WHERE virtual_storage = @virtual_storage AND storage = @storage AND verified_at < @before
        """;

    public const string ById = "SELECT virtual_storage, relative_path FROM catalogue_repositories WHERE repository_id = @id";

    public const string KnownReplicaPaths = """
        SELECT replica_path FROM catalogue_repositories AS repository
        WHERE replica_path IN (SELECT value FROM json_each(@paths)) AND virtual_storage = @virtual_storage
          AND EXISTS (SELECT 1 FROM catalogue_replicas AS replica WHERE replica.repository_id = repository.repository_id AND replica.storage = @storage)
        """;
}

namespace Praefect.Commands.Tests;

/// <summary>The tables of a Praefect's database that an import reads, as Praefect 16.11 leaves them.</summary>
internal static class PraefectSchema
{
    public const string Tables = """
        CREATE TABLE repositories (virtual_storage text NOT NULL, relative_path text NOT NULL, generation bigint, "primary" text,
          repository_id bigserial PRIMARY KEY, replica_path text);
        CREATE UNIQUE INDEX repository_lookup_index ON repositories (virtual_storage, relative_path);
        CREATE TABLE storage_repositories (virtual_storage text NOT NULL, relative_path text NOT NULL, storage text NOT NULL, generation bigint NOT NULL,
          repository_id bigint NOT NULL REFERENCES repositories ON DELETE CASCADE, verified_at timestamptz, verification_leased_until timestamptz,
          PRIMARY KEY (virtual_storage, relative_path, storage));
        CREATE UNIQUE INDEX storage_repositories_new_pkey ON storage_repositories (repository_id, storage);
        CREATE TABLE repository_assignments (virtual_storage text NOT NULL, relative_path text NOT NULL, storage text NOT NULL,
          repository_id bigint NOT NULL REFERENCES repositories ON DELETE CASCADE, PRIMARY KEY (virtual_storage, relative_path, storage));
        CREATE TYPE replication_job_state AS ENUM ('ready', 'in_progress', 'completed', 'cancelled', 'failed', 'dead');
        CREATE TABLE replication_queue (id bigserial PRIMARY KEY, state replication_job_state NOT NULL DEFAULT 'ready', job jsonb);
        CREATE TABLE node_status (id bigserial PRIMARY KEY, praefect_name varchar(511) NOT NULL, shard_name varchar(255) NOT NULL,
          node_name varchar(255) NOT NULL, last_contact_attempt_at timestamptz, last_seen_active_at timestamptz);
        """;

    public const string Repositories = """
        INSERT INTO repositories (virtual_storage, relative_path, generation, "primary", repository_id, replica_path) VALUES
          ('default', '@hashed/a.git', 3, 'gitaly-2', 101, '@cluster/repositories/aa/bb/101'),
          ('default', '@hashed/old.git', NULL, NULL, 102, NULL),
          ('default', '@hashed/lost.git', 1, 'gitaly-1', 103, '@cluster/repositories/aa/bb/103'),
          ('elsewhere', 'x.git', 0, NULL, 104, 'x.git');
        INSERT INTO storage_repositories (virtual_storage, relative_path, storage, generation, repository_id, verified_at) VALUES
          ('default', '@hashed/a.git', 'gitaly-1', 2, 101, NULL), ('default', '@hashed/a.git', 'gitaly-2', 3, 101, '2026-01-02 03:04:05.678+00'),
          ('default', '@hashed/old.git', 'gitaly-1', 5, 102, NULL), ('default', '@hashed/lost.git', 'gone', 1, 103, NULL),
          ('elsewhere', 'x.git', 'y', 0, 104, NULL);
        INSERT INTO repository_assignments (virtual_storage, relative_path, storage, repository_id) VALUES
          ('default', '@hashed/a.git', 'gitaly-2', 101), ('default', '@hashed/a.git', 'gitaly-3', 101);
        INSERT INTO replication_queue (job) VALUES ('{"change": "update"}'), ('{"change": "update"}'), ('{"change": "delete_replica"}');
        SELECT setval('repositories_repository_id_seq', 110);
        """;
}

-- The catalogue: what is recorded of all repositories, in a form that can be searched. It follows from the repositories' states alone and is
-- written by the database in the transaction that writes a state, so the two never disagree. Nothing else writes to these tables, the leases of
-- verifications excepted.
--
-- It is shaped by what a write costs. A successful write raises the generation of a repository and of every replica that took it. Therefore
-- a replica that is up to date holds no generation of its own, and which storages are up to date is said by a placement that a million
-- repositories share: such a write updates one integer in one row and no index.

-- Who has to host a repository, who is up to date, who is not. One row for each combination that ever occurred (a few thousand in a cluster of
-- fifty nodes), so a report judges the combinations by the nodes' health and then reads only the repositories of those that are bad.
-- Lists are sorted and without repeats.
CREATE TABLE IF NOT EXISTS catalogue_placements (
  placement_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  virtual_storage text COLLATE "C" NOT NULL,
  -- Empty: all configured storages.
  assigned text[] COLLATE "C" NOT NULL,
  up_to_date text[] COLLATE "C" NOT NULL,
  outdated text[] COLLATE "C" NOT NULL,
  UNIQUE (virtual_storage, up_to_date, outdated, assigned)
);

-- Text is compared by bytes: in the order of clients' paths, and indexes do not depend on the operating system's collations.
CREATE TABLE IF NOT EXISTS catalogue_repositories (
  repository_id bigint PRIMARY KEY,
  generation bigint NOT NULL,
  placement_id integer NOT NULL,
  virtual_storage text COLLATE "C" NOT NULL,
  relative_path text COLLATE "C" NOT NULL,
  replica_path text COLLATE "C" NOT NULL,
  -- Null: never elected.
  primary_storage text COLLATE "C"
) WITH (fillfactor = 90, autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);

-- Lists of a virtual storage by path, and lookups.
CREATE UNIQUE INDEX IF NOT EXISTS catalogue_repositories_path ON catalogue_repositories (virtual_storage, relative_path);
-- From a bad placement to its repositories. Entries with equal keys share their space from PostgreSQL 13 on.
CREATE INDEX IF NOT EXISTS catalogue_repositories_placement ON catalogue_repositories (placement_id);
-- From what is found on a disk to its record.
CREATE INDEX IF NOT EXISTS catalogue_repositories_replica_path ON catalogue_repositories USING hash (replica_path);

CREATE TABLE IF NOT EXISTS catalogue_replicas (
  repository_id bigint NOT NULL,
  -- Null: up to date, at the repository's generation.
  generation bigint,
  -- -infinity: never, so that one index range holds all that is older than some time.
  verified_at timestamptz NOT NULL,
  virtual_storage text COLLATE "C" NOT NULL,
  storage text COLLATE "C" NOT NULL,
  PRIMARY KEY (repository_id, storage)
) WITH (fillfactor = 90, autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);

-- The verification queue of a storage, the longest unverified first; also all replicas of a storage.
CREATE INDEX IF NOT EXISTS catalogue_replicas_verification ON catalogue_replicas (virtual_storage, storage, verified_at);

-- Verifications under way. Apart from the replicas, whose rows then change only when their state does.
CREATE TABLE IF NOT EXISTS catalogue_verifications (
  repository_id bigint NOT NULL,
  storage text COLLATE "C" NOT NULL,
  leased_until timestamptz NOT NULL,
  PRIMARY KEY (repository_id, storage)
);

-- Replicas with the generation spelled out.
CREATE OR REPLACE VIEW catalogue_replica_details AS
SELECT repository.repository_id, repository.virtual_storage, repository.relative_path, repository.replica_path, repository.primary_storage,
  repository.generation AS repository_generation, replica.storage, coalesce(replica.generation, repository.generation) AS generation,
  nullif(replica.verified_at, '-infinity') AS verified_at
FROM catalogue_repositories AS repository
JOIN catalogue_replicas AS replica USING (repository_id);

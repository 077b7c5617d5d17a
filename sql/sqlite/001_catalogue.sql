-- The catalogue in the SQLite file of a single machine: the same content as in Postgres (../005_catalogue.sql), written by triggers in the
-- transaction that writes a state. Nothing else writes to these tables. Leases of verifications are not here: one process has the file, and
-- its leases end with it.
--
-- Text is compared by bytes. Lists are JSON arrays, sorted and without repeats, so that equal lists are equal texts.

-- Who has to host a repository, who is up to date, who is not: one row for each combination that occurred, however many repositories share it.
CREATE TABLE IF NOT EXISTS catalogue_placements (
  placement_id INTEGER PRIMARY KEY,
  virtual_storage TEXT NOT NULL,
  -- Empty: all configured storages.
  assigned TEXT NOT NULL,
  up_to_date TEXT NOT NULL,
  outdated TEXT NOT NULL,
  UNIQUE (virtual_storage, up_to_date, outdated, assigned)
);

CREATE TABLE IF NOT EXISTS catalogue_repositories (
  repository_id INTEGER PRIMARY KEY,
  generation INTEGER NOT NULL,
  placement_id INTEGER NOT NULL,
  virtual_storage TEXT NOT NULL,
  relative_path TEXT NOT NULL,
  replica_path TEXT NOT NULL,
  -- Null: never elected.
  primary_storage TEXT
);

CREATE UNIQUE INDEX IF NOT EXISTS catalogue_repositories_path ON catalogue_repositories (virtual_storage, relative_path);
CREATE INDEX IF NOT EXISTS catalogue_repositories_placement ON catalogue_repositories (placement_id);
CREATE INDEX IF NOT EXISTS catalogue_repositories_replica_path ON catalogue_repositories (replica_path);

CREATE TABLE IF NOT EXISTS catalogue_replicas (
  repository_id INTEGER NOT NULL,
  storage TEXT NOT NULL,
  virtual_storage TEXT NOT NULL,
  -- Null: up to date, at the repository's generation. So the usual write, after which everybody is up to date still, changes no row here.
  generation INTEGER,
  -- Microseconds since 1970 (UTC); the first moment of the year 1: never.
  verified_at INTEGER NOT NULL,
  PRIMARY KEY (repository_id, storage)
) WITHOUT ROWID;

-- The verification queue of a storage, the longest unverified first; also all replicas of a storage.
CREATE INDEX IF NOT EXISTS catalogue_replicas_verification ON catalogue_replicas (virtual_storage, storage, verified_at, repository_id);

-- Which form of the tables above holds the content; no row: they were never filled.
CREATE TABLE IF NOT EXISTS catalogue_form (version INTEGER PRIMARY KEY);

-- How a repository's state becomes its catalogue entry. The state's members are those of RepositoryRecord as System.Text.Json writes them.
-- A record without an id, or with a negative generation (still being created), stands for a repository that does not exist.
-- Made anew at every start, so that a new version of the program brings its own triggers.

DROP TRIGGER IF EXISTS catalogue_projection_insert;
DROP TRIGGER IF EXISTS catalogue_projection_update;
DROP TRIGGER IF EXISTS catalogue_projection_delete;
DROP VIEW IF EXISTS catalogue_records;

-- Inserting a record here writes its catalogue entry: what triggers of SQLite have in place of a procedure.
CREATE VIEW catalogue_records (payload) AS SELECT payload FROM grain_state WHERE state_name = 'repository';

CREATE TRIGGER catalogue_record_written INSTEAD OF INSERT ON catalogue_records
WHEN coalesce(NEW.payload ->> 'RepositoryId', 0) > 0 AND coalesce(NEW.payload ->> 'Generation', -1) >= 0
BEGIN
  -- An id is one repository's forever. Another path under the same id is a mistake that must not replace anything.
  SELECT RAISE(ABORT, 'repository id already in use') FROM catalogue_repositories
  WHERE repository_id = NEW.payload ->> 'RepositoryId'
    AND (virtual_storage <> NEW.payload ->> 'VirtualStorage' OR relative_path <> NEW.payload ->> 'RelativePath');

  INSERT INTO catalogue_placements (virtual_storage, assigned, up_to_date, outdated)
  SELECT NEW.payload ->> 'VirtualStorage',
    (SELECT json_group_array(storage) FROM (
      SELECT DISTINCT value AS storage FROM json_each(NEW.payload, '$.Assignments') WHERE type = 'text' ORDER BY storage)),
    (SELECT json_group_array(storage) FROM (
      SELECT value ->> 'Storage' AS storage FROM json_each(NEW.payload, '$.Replicas')
      WHERE type = 'object' AND value ->> 'Generation' = NEW.payload ->> 'Generation' ORDER BY storage)),
    (SELECT json_group_array(storage) FROM (
      SELECT value ->> 'Storage' AS storage FROM json_each(NEW.payload, '$.Replicas')
      WHERE type = 'object' AND value ->> 'Generation' <> NEW.payload ->> 'Generation' ORDER BY storage))
  WHERE true
  ON CONFLICT (virtual_storage, up_to_date, outdated, assigned) DO NOTHING;

  INSERT INTO catalogue_repositories (repository_id, generation, placement_id, virtual_storage, relative_path, replica_path, primary_storage)
  SELECT NEW.payload ->> 'RepositoryId', NEW.payload ->> 'Generation', placement_id, virtual_storage,
    NEW.payload ->> 'RelativePath', NEW.payload ->> 'ReplicaPath', nullif(NEW.payload ->> 'Primary', '')
  FROM catalogue_placements
  WHERE virtual_storage = NEW.payload ->> 'VirtualStorage'
    AND assigned = (SELECT json_group_array(storage) FROM (
      SELECT DISTINCT value AS storage FROM json_each(NEW.payload, '$.Assignments') WHERE type = 'text' ORDER BY storage))
    AND up_to_date = (SELECT json_group_array(storage) FROM (
      SELECT value ->> 'Storage' AS storage FROM json_each(NEW.payload, '$.Replicas')
      WHERE type = 'object' AND value ->> 'Generation' = NEW.payload ->> 'Generation' ORDER BY storage))
    AND outdated = (SELECT json_group_array(storage) FROM (
      SELECT value ->> 'Storage' AS storage FROM json_each(NEW.payload, '$.Replicas')
      WHERE type = 'object' AND value ->> 'Generation' <> NEW.payload ->> 'Generation' ORDER BY storage))
  ON CONFLICT (repository_id) DO UPDATE
  SET generation = excluded.generation, placement_id = excluded.placement_id, replica_path = excluded.replica_path,
    primary_storage = excluded.primary_storage;

  DELETE FROM catalogue_replicas
  WHERE repository_id = NEW.payload ->> 'RepositoryId'
    AND storage NOT IN (SELECT value ->> 'Storage' FROM json_each(NEW.payload, '$.Replicas') WHERE type = 'object');

  -- The time's text is yyyy-mm-ddThh:mm:ss, a fraction of any length or none, and the offset as +hh:mm. A form that is not understood counts as
  -- never: it must not keep a state from being written.
  INSERT INTO catalogue_replicas (repository_id, storage, virtual_storage, generation, verified_at)
  SELECT NEW.payload ->> 'RepositoryId', storage, NEW.payload ->> 'VirtualStorage', nullif(generation, NEW.payload ->> 'Generation'),
    coalesce(
      unixepoch(substr(verified, 1, 19) || substr(verified, -6)) * 1000000
        + substr(CASE substr(verified, 20, 1) WHEN '.' THEN substr(verified, 21, length(verified) - 26) ELSE '' END || '000000', 1, 6),
      -62135596800000000)
  FROM (
    SELECT value ->> 'Storage' AS storage, value ->> 'Generation' AS generation, value ->> 'VerifiedAt' AS verified
    FROM json_each(NEW.payload, '$.Replicas') WHERE type = 'object')
  WHERE true
  ON CONFLICT (repository_id, storage) DO UPDATE
  SET generation = excluded.generation, verified_at = excluded.verified_at
  WHERE catalogue_replicas.generation IS NOT excluded.generation OR catalogue_replicas.verified_at <> excluded.verified_at;
END;

CREATE TRIGGER catalogue_projection_insert AFTER INSERT ON grain_state WHEN NEW.state_name = 'repository'
BEGIN
  INSERT INTO catalogue_records (payload) VALUES (NEW.payload);
END;

-- Writes under way come and go without changing anything that reports show.
CREATE TRIGGER catalogue_projection_update AFTER UPDATE OF payload ON grain_state
WHEN NEW.state_name = 'repository' AND json_remove(NEW.payload, '$.OpenWrites') IS NOT json_remove(OLD.payload, '$.OpenWrites')
BEGIN
  DELETE FROM catalogue_replicas
  WHERE repository_id = OLD.payload ->> 'RepositoryId' AND coalesce(OLD.payload ->> 'Generation', -1) >= 0
    AND (NEW.payload ->> 'RepositoryId' IS NOT OLD.payload ->> 'RepositoryId' OR coalesce(NEW.payload ->> 'Generation', -1) < 0);
  DELETE FROM catalogue_repositories
  WHERE repository_id = OLD.payload ->> 'RepositoryId' AND coalesce(OLD.payload ->> 'Generation', -1) >= 0
    AND (NEW.payload ->> 'RepositoryId' IS NOT OLD.payload ->> 'RepositoryId' OR coalesce(NEW.payload ->> 'Generation', -1) < 0);
  INSERT INTO catalogue_records (payload) VALUES (NEW.payload);
END;

CREATE TRIGGER catalogue_projection_delete AFTER DELETE ON grain_state WHEN OLD.state_name = 'repository'
BEGIN
  DELETE FROM catalogue_replicas
  WHERE repository_id = OLD.payload ->> 'RepositoryId' AND coalesce(OLD.payload ->> 'Generation', -1) >= 0;
  DELETE FROM catalogue_repositories
  WHERE repository_id = OLD.payload ->> 'RepositoryId' AND coalesce(OLD.payload ->> 'Generation', -1) >= 0;
END;

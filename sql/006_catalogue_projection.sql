-- How a repository's state becomes its catalogue entry. The state's members are those of RepositoryRecord as System.Text.Json writes them.
-- A record without an id, or with a negative generation (still being created), stands for a repository that does not exist.

CREATE OR REPLACE FUNCTION catalogue_repository_exists(record jsonb) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT coalesce((record ->> 'RepositoryId')::bigint > 0 AND (record ->> 'Generation')::bigint >= 0, false)
$$;

-- Replicas as [storage, generation or null where up to date, time of verification]. What stays equal here needs no write to the replicas.
CREATE OR REPLACE FUNCTION catalogue_replicas_of(record jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT coalesce(jsonb_agg(jsonb_build_array(
      replica -> 'Storage',
      CASE WHEN replica -> 'Generation' <> record -> 'Generation' THEN replica -> 'Generation' END,
      replica -> 'VerifiedAt') ORDER BY (replica ->> 'Storage') COLLATE "C"), '[]')
  FROM jsonb_array_elements(CASE jsonb_typeof(record -> 'Replicas') WHEN 'array' THEN record -> 'Replicas' ELSE '[]' END) AS replica
$$;

CREATE OR REPLACE FUNCTION catalogue_placement(p_virtual_storage text, p_assigned text[], p_up_to_date text[], p_outdated text[]) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
  found_id integer;
BEGIN
  LOOP
    SELECT placement_id INTO found_id FROM catalogue_placements
    WHERE virtual_storage = p_virtual_storage AND up_to_date = p_up_to_date AND outdated = p_outdated AND assigned = p_assigned;
    IF FOUND THEN
      RETURN found_id;
    END IF;
    -- Whoever comes second waits for the first one's transaction and finds the row when it looks again.
    INSERT INTO catalogue_placements (virtual_storage, assigned, up_to_date, outdated)
    VALUES (p_virtual_storage, p_assigned, p_up_to_date, p_outdated)
    ON CONFLICT DO NOTHING
    RETURNING placement_id INTO found_id;
    IF FOUND THEN
      RETURN found_id;
    END IF;
  END LOOP;
END
$$;

CREATE OR REPLACE FUNCTION catalogue_remove(id bigint) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM catalogue_verifications WHERE repository_id = id;
  DELETE FROM catalogue_replicas WHERE repository_id = id;
  DELETE FROM catalogue_repositories WHERE repository_id = id;
END
$$;

CREATE OR REPLACE FUNCTION catalogue_write_replicas(id bigint, p_virtual_storage text, replicas jsonb) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM catalogue_replicas
  WHERE repository_id = id AND storage NOT IN (SELECT replica ->> 0 FROM jsonb_array_elements(replicas) AS replica);
  DELETE FROM catalogue_verifications
  WHERE repository_id = id AND storage NOT IN (SELECT replica ->> 0 FROM jsonb_array_elements(replicas) AS replica);
  INSERT INTO catalogue_replicas AS present (repository_id, generation, verified_at, virtual_storage, storage)
  SELECT id, (replica ->> 1)::bigint, coalesce((replica ->> 2)::timestamptz, '-infinity'), p_virtual_storage, replica ->> 0
  FROM jsonb_array_elements(replicas) AS replica
  ON CONFLICT (repository_id, storage) DO UPDATE
  SET generation = excluded.generation, verified_at = excluded.verified_at
  WHERE (present.generation, present.verified_at) IS DISTINCT FROM (excluded.generation, excluded.verified_at);
END
$$;

-- Whether two records agree on everything that the replicas' rows and the placement show, at whatever generation: the usual write, after which
-- everybody who was up to date still is. Written as a loop because it runs for every write and a query would take five times as long.
-- Says false where the order differs; that costs time, not correctness.
CREATE OR REPLACE FUNCTION catalogue_only_generation_differs(record jsonb, was jsonb) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  new_replicas jsonb := record -> 'Replicas';
  old_replicas jsonb := was -> 'Replicas';
  replica jsonb;
  replica_was jsonb;
BEGIN
  IF record - '{Generation,Replicas}'::text[] <> was - '{Generation,Replicas}'::text[]
    OR jsonb_typeof(new_replicas) IS DISTINCT FROM 'array' OR jsonb_typeof(old_replicas) IS DISTINCT FROM 'array'
    OR jsonb_array_length(new_replicas) <> jsonb_array_length(old_replicas)
  THEN
    RETURN false;
  END IF;
  FOR i IN 0 .. jsonb_array_length(new_replicas) - 1 LOOP
    replica := new_replicas -> i;
    replica_was := old_replicas -> i;
    IF replica - 'Generation' <> replica_was - 'Generation'
      OR NOT (CASE WHEN replica -> 'Generation' = record -> 'Generation' THEN replica_was -> 'Generation' = was -> 'Generation'
        ELSE replica -> 'Generation' = replica_was -> 'Generation' AND replica_was -> 'Generation' <> was -> 'Generation' END)
    THEN
      RETURN false;
    END IF;
  END LOOP;
  RETURN true;
END
$$;

-- Writes the catalogue entry for a record; was: the record before, null where there was none.
CREATE OR REPLACE FUNCTION catalogue_write(record jsonb, was jsonb) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  id bigint := (record ->> 'RepositoryId')::bigint;
  replicas jsonb;
BEGIN
  IF was IS NOT NULL AND catalogue_only_generation_differs(record, was) THEN
    UPDATE catalogue_repositories SET generation = (record ->> 'Generation')::bigint WHERE repository_id = id;
    RETURN;
  END IF;

  replicas := catalogue_replicas_of(record);
  INSERT INTO catalogue_repositories AS present (repository_id, generation, placement_id, virtual_storage, relative_path, replica_path, primary_storage)
  VALUES (
    id,
    (record ->> 'Generation')::bigint,
    catalogue_placement(
      record ->> 'VirtualStorage',
      ARRAY(SELECT DISTINCT storage COLLATE "C" FROM jsonb_array_elements_text(
        CASE jsonb_typeof(record -> 'Assignments') WHEN 'array' THEN record -> 'Assignments' ELSE '[]' END) AS storage ORDER BY 1),
      ARRAY(SELECT (replica ->> 0) COLLATE "C" FROM jsonb_array_elements(replicas) AS replica WHERE replica ->> 1 IS NULL ORDER BY 1),
      ARRAY(SELECT (replica ->> 0) COLLATE "C" FROM jsonb_array_elements(replicas) AS replica WHERE replica ->> 1 IS NOT NULL ORDER BY 1)),
    record ->> 'VirtualStorage',
    record ->> 'RelativePath',
    record ->> 'ReplicaPath',
    nullif(record ->> 'Primary', ''))
  ON CONFLICT (repository_id) DO UPDATE
  SET generation = excluded.generation, placement_id = excluded.placement_id, replica_path = excluded.replica_path,
    primary_storage = excluded.primary_storage
  -- An id is one repository's forever. Another path under the same id is a mistake that must not replace anything.
  WHERE present.virtual_storage = excluded.virtual_storage AND present.relative_path = excluded.relative_path;
  IF NOT FOUND THEN
    RAISE unique_violation USING MESSAGE = format('repository id %s already in use', id);
  END IF;

  IF was IS NULL OR replicas <> catalogue_replicas_of(was) THEN
    PERFORM catalogue_write_replicas(id, record ->> 'VirtualStorage', replicas);
  END IF;
END
$$;

-- Trigger on any table with a column "payload" that holds the state as JSON text.
CREATE OR REPLACE FUNCTION catalogue_project() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
  was jsonb;
  record jsonb;
BEGIN
  -- Writes under way come and go without changing anything that reports show.
  IF TG_OP <> 'INSERT' THEN
    was := OLD.payload::jsonb - 'OpenWrites';
  END IF;
  IF TG_OP <> 'DELETE' THEN
    record := NEW.payload::jsonb - 'OpenWrites';
  END IF;
  IF record IS NOT DISTINCT FROM was THEN
    RETURN NULL;
  END IF;

  IF NOT catalogue_repository_exists(was) THEN
    was := NULL;
  END IF;
  IF NOT catalogue_repository_exists(record) THEN
    record := NULL;
  END IF;
  IF was IS NOT NULL AND (record IS NULL OR record -> 'RepositoryId' <> was -> 'RepositoryId') THEN
    PERFORM catalogue_remove((was ->> 'RepositoryId')::bigint);
    was := NULL;
  END IF;
  IF record IS NOT NULL THEN
    PERFORM catalogue_write(record, was);
  END IF;
  RETURN NULL;
END
$$;

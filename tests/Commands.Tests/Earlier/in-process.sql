CREATE FUNCTION public.catalogue_only_generation_differs(record jsonb, was jsonb) RETURNS boolean
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    AS $$
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
CREATE FUNCTION public.catalogue_placement(p_virtual_storage text, p_assigned text[], p_up_to_date text[], p_outdated text[]) RETURNS integer
    LANGUAGE plpgsql
    AS $$
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
CREATE FUNCTION public.catalogue_project() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
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
CREATE FUNCTION public.catalogue_remove(id bigint) RETURNS void
    LANGUAGE plpgsql
    AS $$
BEGIN
  DELETE FROM catalogue_verifications WHERE repository_id = id;
  DELETE FROM catalogue_replicas WHERE repository_id = id;
  DELETE FROM catalogue_repositories WHERE repository_id = id;
END
$$;
CREATE FUNCTION public.catalogue_replicas_of(record jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
  SELECT coalesce(jsonb_agg(jsonb_build_array(
      replica -> 'Storage',
      CASE WHEN replica -> 'Generation' <> record -> 'Generation' THEN replica -> 'Generation' END,
      replica -> 'VerifiedAt') ORDER BY (replica ->> 'Storage') COLLATE "C"), '[]')
  FROM jsonb_array_elements(CASE jsonb_typeof(record -> 'Replicas') WHEN 'array' THEN record -> 'Replicas' ELSE '[]' END) AS replica
$$;
CREATE FUNCTION public.catalogue_repository_exists(record jsonb) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
  SELECT coalesce((record ->> 'RepositoryId')::bigint > 0 AND (record ->> 'Generation')::bigint >= 0, false)
$$;
CREATE FUNCTION public.catalogue_write(record jsonb, was jsonb) RETURNS void
    LANGUAGE plpgsql
    AS $$
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
CREATE FUNCTION public.catalogue_write_replicas(id bigint, p_virtual_storage text, replicas jsonb) RETURNS void
    LANGUAGE plpgsql
    AS $$
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
CREATE TABLE public.catalogue_placements (
    placement_id integer NOT NULL,
    virtual_storage text NOT NULL COLLATE pg_catalog."C",
    assigned text[] NOT NULL COLLATE pg_catalog."C",
    up_to_date text[] NOT NULL COLLATE pg_catalog."C",
    outdated text[] NOT NULL COLLATE pg_catalog."C"
);
ALTER TABLE public.catalogue_placements ALTER COLUMN placement_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.catalogue_placements_placement_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.catalogue_replicas (
    repository_id bigint NOT NULL,
    generation bigint,
    verified_at timestamp with time zone NOT NULL,
    virtual_storage text NOT NULL COLLATE pg_catalog."C",
    storage text NOT NULL COLLATE pg_catalog."C"
)
WITH (fillfactor='90', autovacuum_vacuum_scale_factor='0.02', autovacuum_analyze_scale_factor='0.02');
CREATE TABLE public.catalogue_repositories (
    repository_id bigint NOT NULL,
    generation bigint NOT NULL,
    placement_id integer NOT NULL,
    virtual_storage text NOT NULL COLLATE pg_catalog."C",
    relative_path text NOT NULL COLLATE pg_catalog."C",
    replica_path text NOT NULL COLLATE pg_catalog."C",
    primary_storage text COLLATE pg_catalog."C"
)
WITH (fillfactor='90', autovacuum_vacuum_scale_factor='0.02', autovacuum_analyze_scale_factor='0.02');
CREATE VIEW public.catalogue_replica_details AS
 SELECT repository.repository_id,
    repository.virtual_storage,
    repository.relative_path,
    repository.replica_path,
    repository.primary_storage,
    repository.generation AS repository_generation,
    replica.storage,
    COALESCE(replica.generation, repository.generation) AS generation,
    NULLIF(replica.verified_at, '-infinity'::timestamp with time zone) AS verified_at
   FROM (public.catalogue_repositories repository
     JOIN public.catalogue_replicas replica USING (repository_id));
CREATE TABLE public.catalogue_verifications (
    repository_id bigint NOT NULL,
    storage text NOT NULL COLLATE pg_catalog."C",
    leased_until timestamp with time zone NOT NULL
);
CREATE TABLE public.grain_reminder (
    grain_type text NOT NULL,
    grain_key text NOT NULL,
    name text NOT NULL,
    start_at_ms bigint NOT NULL,
    period_ms bigint NOT NULL
);
CREATE TABLE public.grain_state (
    grain_type text NOT NULL,
    grain_key text NOT NULL,
    state_name text NOT NULL,
    payload text,
    etag bigint NOT NULL
);
CREATE TABLE public.grain_store_schema (
    version integer NOT NULL
);
INSERT INTO public.catalogue_placements OVERRIDING SYSTEM VALUE VALUES (1, 'default', '{}', '{gitaly-1,gitaly-2,gitaly-3}', '{}');
INSERT INTO public.catalogue_placements OVERRIDING SYSTEM VALUE VALUES (2, 'second', '{}', '{gitaly-4,gitaly-5}', '{}');
INSERT INTO public.catalogue_placements OVERRIDING SYSTEM VALUE VALUES (3, 'default', '{}', '{gitaly-1,gitaly-2}', '{gitaly-3}');
INSERT INTO public.catalogue_placements OVERRIDING SYSTEM VALUE VALUES (4, 'second', '{}', '{gitaly-4}', '{gitaly-5}');
INSERT INTO public.catalogue_placements OVERRIDING SYSTEM VALUE VALUES (5, 'default', '{gitaly-1,gitaly-3}', '{gitaly-1,gitaly-2,gitaly-3}', '{}');
INSERT INTO public.catalogue_replicas VALUES (1, NULL, '2026-12-01 01:25:48.881734+00', 'default', 'gitaly-1');
INSERT INTO public.catalogue_replicas VALUES (1, NULL, '2026-12-01 01:25:48.921362+00', 'default', 'gitaly-2');
INSERT INTO public.catalogue_replicas VALUES (3, NULL, '2026-12-01 01:25:50.649561+00', 'default', 'gitaly-1');
INSERT INTO public.catalogue_replicas VALUES (2, NULL, '2026-12-01 01:25:50.649132+00', 'default', 'gitaly-1');
INSERT INTO public.catalogue_replicas VALUES (2, NULL, '2026-12-01 01:25:50.682316+00', 'default', 'gitaly-3');
INSERT INTO public.catalogue_replicas VALUES (3, NULL, '2026-12-01 01:25:50.681781+00', 'default', 'gitaly-3');
INSERT INTO public.catalogue_replicas VALUES (2, NULL, '2026-12-01 01:25:50.683507+00', 'default', 'gitaly-2');
INSERT INTO public.catalogue_replicas VALUES (3, NULL, '2026-12-01 01:25:50.683598+00', 'default', 'gitaly-2');
INSERT INTO public.catalogue_replicas VALUES (4, NULL, '2026-12-01 01:25:52.682022+00', 'default', 'gitaly-2');
INSERT INTO public.catalogue_replicas VALUES (4, NULL, '2026-12-01 01:25:52.704063+00', 'default', 'gitaly-3');
INSERT INTO public.catalogue_replicas VALUES (4, NULL, '2026-12-01 01:25:52.705736+00', 'default', 'gitaly-1');
INSERT INTO public.catalogue_replicas VALUES (5, NULL, '2026-12-01 01:25:54.727584+00', 'second', 'gitaly-4');
INSERT INTO public.catalogue_replicas VALUES (6, NULL, '2026-12-01 01:25:54.726749+00', 'second', 'gitaly-4');
INSERT INTO public.catalogue_replicas VALUES (5, NULL, '2026-12-01 01:25:54.833171+00', 'second', 'gitaly-5');
INSERT INTO public.catalogue_replicas VALUES (1, 4, '2026-12-01 01:25:48.915642+00', 'default', 'gitaly-3');
INSERT INTO public.catalogue_replicas VALUES (6, 1, '2026-12-01 01:25:54.773206+00', 'second', 'gitaly-5');
INSERT INTO public.catalogue_repositories VALUES (2, 1, 1, 'default', 'group/two.git', '@cluster/repositories/d4/73/2', 'gitaly-2');
INSERT INTO public.catalogue_repositories VALUES (4, 1, 1, 'default', 'päth/vier.git', '@cluster/repositories/4b/22/4', 'gitaly-3');
INSERT INTO public.catalogue_repositories VALUES (5, 1, 2, 'second', 'one.git', '@cluster/repositories/ef/2d/5', 'gitaly-4');
INSERT INTO public.catalogue_repositories VALUES (1, 6, 3, 'default', 'one.git', '@cluster/repositories/6b/86/1', 'gitaly-2');
INSERT INTO public.catalogue_repositories VALUES (6, 3, 4, 'second', 'five.git', '@cluster/repositories/e7/f6/6', 'gitaly-4');
INSERT INTO public.catalogue_repositories VALUES (3, 1, 5, 'default', 'three.git', '@cluster/repositories/4e/07/3', 'gitaly-3');
INSERT INTO public.grain_reminder VALUES ('storagenode', 'second/gitaly-5', 'records', 1796088403743, 60000);
INSERT INTO public.grain_reminder VALUES ('storagenode', 'second/gitaly-4', 'records', 1796088403760, 60000);
INSERT INTO public.grain_reminder VALUES ('storagenode', 'default/gitaly-1', 'records', 1796088403785, 60000);
INSERT INTO public.grain_reminder VALUES ('storagenode', 'default/gitaly-3', 'records', 1796088403772, 60000);
INSERT INTO public.grain_reminder VALUES ('storagenode', 'default/gitaly-2', 'records', 1796088403779, 60000);
INSERT INTO public.grain_reminder VALUES ('repository', 'default/one.git', 'repair', 1796088423468, 60000);
INSERT INTO public.grain_reminder VALUES ('repository', 'second/five.git', 'repair', 1796088424298, 60000);
INSERT INTO public.grain_reminder VALUES ('repository', 'default/three.git', 'repair', 1796088430268, 60000);
INSERT INTO public.grain_state VALUES ('repositoryid', '0', 'repository-id', '{"ReservedUpTo":100}', 1);
INSERT INTO public.grain_state VALUES ('repository', 'second/five.git', 'repository', '{"RepositoryId":6,"VirtualStorage":"second","RelativePath":"five.git","ReplicaPath":"@cluster/repositories/e7/f6/6","Generation":3,"Primary":"gitaly-4","Replicas":[{"Storage":"gitaly-4","Generation":3,"VerifiedAt":"2026-12-01T01:25:54.7267486+00:00"},{"Storage":"gitaly-5","Generation":1,"VerifiedAt":"2026-12-01T01:25:54.7732062+00:00"}],"Assignments":null,"OpenWrites":[],"Leftovers":[],"Unconfirmed":false,"Copying":[]}', 10);
INSERT INTO public.grain_state VALUES ('repository', 'default/päth/vier.git', 'repository', '{"RepositoryId":4,"VirtualStorage":"default","RelativePath":"p\u00E4th/vier.git","ReplicaPath":"@cluster/repositories/4b/22/4","Generation":1,"Primary":"gitaly-3","Replicas":[{"Storage":"gitaly-3","Generation":1,"VerifiedAt":"2026-12-01T01:25:52.7040627+00:00"},{"Storage":"gitaly-1","Generation":1,"VerifiedAt":"2026-12-01T01:25:52.7057363+00:00"},{"Storage":"gitaly-2","Generation":1,"VerifiedAt":"2026-12-01T01:25:52.6820221+00:00"}],"Assignments":null,"OpenWrites":[],"Leftovers":[],"Unconfirmed":false,"Copying":[]}', 7);
INSERT INTO public.grain_state VALUES ('repository', 'default/three.git', 'repository', '{"RepositoryId":3,"VirtualStorage":"default","RelativePath":"three.git","ReplicaPath":"@cluster/repositories/4e/07/3","Generation":1,"Primary":"gitaly-3","Replicas":[{"Storage":"gitaly-3","Generation":1,"VerifiedAt":"2026-12-01T01:25:50.681781+00:00"},{"Storage":"gitaly-1","Generation":1,"VerifiedAt":"2026-12-01T01:25:50.6495606+00:00"},{"Storage":"gitaly-2","Generation":1,"VerifiedAt":"2026-12-01T01:25:50.6835984+00:00"}],"Assignments":["gitaly-3","gitaly-1"],"OpenWrites":[],"Leftovers":[],"Unconfirmed":false,"Copying":[]}', 8);
INSERT INTO public.grain_state VALUES ('storagewalk', 'second/gitaly-5', 'storage-walk', '{"EndedAt":"2026-12-01T01:25:52.8946457+00:00"}', 1);
INSERT INTO public.grain_state VALUES ('repository', 'default/group/two.git', 'repository', '{"RepositoryId":2,"VirtualStorage":"default","RelativePath":"group/two.git","ReplicaPath":"@cluster/repositories/d4/73/2","Generation":1,"Primary":"gitaly-2","Replicas":[{"Storage":"gitaly-2","Generation":1,"VerifiedAt":"2026-12-01T01:25:50.6835069+00:00"},{"Storage":"gitaly-1","Generation":1,"VerifiedAt":"2026-12-01T01:25:50.6491318+00:00"},{"Storage":"gitaly-3","Generation":1,"VerifiedAt":"2026-12-01T01:25:50.6823162+00:00"}],"Assignments":null,"OpenWrites":[],"Leftovers":[],"Unconfirmed":false,"Copying":[]}', 7);
INSERT INTO public.grain_state VALUES ('storagewalk', 'default/gitaly-3', 'storage-walk', '{"EndedAt":"2026-12-01T01:25:52.8967512+00:00"}', 1);
INSERT INTO public.grain_state VALUES ('storagewalk', 'second/gitaly-4', 'storage-walk', '{"EndedAt":"2026-12-01T01:25:52.8969217+00:00"}', 1);
INSERT INTO public.grain_state VALUES ('storagewalk', 'default/gitaly-2', 'storage-walk', '{"EndedAt":"2026-12-01T01:25:52.8968684+00:00"}', 1);
INSERT INTO public.grain_state VALUES ('storagewalk', 'default/gitaly-1', 'storage-walk', '{"EndedAt":"2026-12-01T01:25:52.8969783+00:00"}', 1);
INSERT INTO public.grain_state VALUES ('repository', 'default/one.git', 'repository', '{"RepositoryId":1,"VirtualStorage":"default","RelativePath":"one.git","ReplicaPath":"@cluster/repositories/6b/86/1","Generation":6,"Primary":"gitaly-2","Replicas":[{"Storage":"gitaly-3","Generation":4,"VerifiedAt":"2026-12-01T01:25:48.9156421+00:00"},{"Storage":"gitaly-1","Generation":6,"VerifiedAt":"2026-12-01T01:25:48.881734+00:00"},{"Storage":"gitaly-2","Generation":6,"VerifiedAt":"2026-12-01T01:25:48.9213625+00:00"}],"Assignments":null,"OpenWrites":[],"Leftovers":[],"Unconfirmed":false,"Copying":[]}', 16);
INSERT INTO public.grain_state VALUES ('repository', 'second/one.git', 'repository', '{"RepositoryId":5,"VirtualStorage":"second","RelativePath":"one.git","ReplicaPath":"@cluster/repositories/ef/2d/5","Generation":1,"Primary":"gitaly-4","Replicas":[{"Storage":"gitaly-4","Generation":1,"VerifiedAt":"2026-12-01T01:25:54.7275837+00:00"},{"Storage":"gitaly-5","Generation":1,"VerifiedAt":"2026-12-01T01:25:54.8331709+00:00"}],"Assignments":null,"OpenWrites":[],"Leftovers":[],"Unconfirmed":false,"Copying":[]}', 6);
INSERT INTO public.grain_store_schema VALUES (1);
SELECT pg_catalog.setval('public.catalogue_placements_placement_id_seq', 5, true);
ALTER TABLE ONLY public.catalogue_placements
    ADD CONSTRAINT catalogue_placements_pkey PRIMARY KEY (placement_id);
ALTER TABLE ONLY public.catalogue_placements
    ADD CONSTRAINT catalogue_placements_virtual_storage_up_to_date_outdated_as_key UNIQUE (virtual_storage, up_to_date, outdated, assigned);
ALTER TABLE ONLY public.catalogue_replicas
    ADD CONSTRAINT catalogue_replicas_pkey PRIMARY KEY (repository_id, storage);
ALTER TABLE ONLY public.catalogue_repositories
    ADD CONSTRAINT catalogue_repositories_pkey PRIMARY KEY (repository_id);
ALTER TABLE ONLY public.catalogue_verifications
    ADD CONSTRAINT catalogue_verifications_pkey PRIMARY KEY (repository_id, storage);
ALTER TABLE ONLY public.grain_reminder
    ADD CONSTRAINT grain_reminder_pkey PRIMARY KEY (grain_type, grain_key, name);
ALTER TABLE ONLY public.grain_state
    ADD CONSTRAINT grain_state_pkey PRIMARY KEY (grain_type, grain_key, state_name);
CREATE INDEX catalogue_replicas_verification ON public.catalogue_replicas USING btree (virtual_storage, storage, verified_at);
CREATE UNIQUE INDEX catalogue_repositories_path ON public.catalogue_repositories USING btree (virtual_storage, relative_path);
CREATE INDEX catalogue_repositories_placement ON public.catalogue_repositories USING btree (placement_id);
CREATE INDEX catalogue_repositories_replica_path ON public.catalogue_repositories USING hash (replica_path);
CREATE TRIGGER catalogue_projection AFTER INSERT OR UPDATE OF payload ON public.grain_state FOR EACH ROW WHEN ((new.state_name = 'repository'::text)) EXECUTE FUNCTION public.catalogue_project();
CREATE TRIGGER catalogue_projection_removal AFTER DELETE ON public.grain_state FOR EACH ROW WHEN ((old.state_name = 'repository'::text)) EXECUTE FUNCTION public.catalogue_project();

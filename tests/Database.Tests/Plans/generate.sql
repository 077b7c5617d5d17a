-- A million repositories on ten storages, three replicas each, as the projection would leave them: 1 in 2000 has a replica that is behind,
-- 1 in 5000 is assigned to a storage that has no replica yet, 1 in 1000 replicas was never verified, the others over the last week.
-- Every :assigned_nth repository is assigned to its storages, the others to all that are configured.
-- Run on a migrated, empty database by PlanTests and by tests/Benchmarks/Scale, which put numbers in the places of :rows and :assigned_nth.
SELECT setseed(0.5);
ALTER TABLE orleans_grain_state DISABLE TRIGGER ALL;

CREATE TEMPORARY TABLE generated AS
SELECT id, md5(id::text) || md5((-id)::text) AS name, (random() * 1000)::bigint AS generation, id % 2000 = 0 AS behind, id % 5000 = 1 AS missing,
  (id::bigint * 7919 % 10)::integer AS shift
FROM generate_series(1, :rows) AS id;

CREATE TEMPORARY TABLE placed AS
SELECT generated.*, sorted.names[1:3] AS hosts, sorted.names[2] AS laggard, sorted.names[3] AS absent
FROM generated
CROSS JOIN LATERAL (
  SELECT array_agg(format('gitaly-%s', lpad(((shift + slot * (1 + id / 10 % 3)) % 10 + 1)::text, 2, '0')) ORDER BY slot) AS names
  FROM generate_series(0, 2) AS slot) AS sorted;

INSERT INTO catalogue_placements (virtual_storage, assigned, up_to_date, outdated)
SELECT DISTINCT 'default',
  CASE WHEN missing OR id % :assigned_nth = 0 THEN ARRAY(SELECT unnest(hosts) ORDER BY 1) ELSE '{}' END,
  ARRAY(SELECT host FROM unnest(hosts) AS host WHERE NOT (behind AND host = laggard) AND NOT (missing AND host = absent) ORDER BY 1),
  CASE WHEN behind THEN ARRAY[laggard] ELSE '{}' END
FROM placed;

INSERT INTO catalogue_repositories (repository_id, generation, placement_id, virtual_storage, relative_path, replica_path, primary_storage)
SELECT id, generation, placement_id, 'default', format('@hashed/%s/%s/%s.git', left(name, 2), substr(name, 3, 2), name),
  format('@cluster/repositories/%s/%s/%s', left(name, 2), substr(name, 3, 2), id), hosts[1]
FROM placed
JOIN catalogue_placements ON virtual_storage = 'default'
  AND assigned = CASE WHEN missing OR id % :assigned_nth = 0 THEN ARRAY(SELECT unnest(hosts) ORDER BY 1) ELSE '{}' END
  AND up_to_date = ARRAY(SELECT host FROM unnest(hosts) AS host WHERE NOT (behind AND host = laggard) AND NOT (missing AND host = absent) ORDER BY 1)
  AND outdated = CASE WHEN behind THEN ARRAY[laggard] ELSE '{}' END;

INSERT INTO catalogue_replicas (repository_id, generation, verified_at, virtual_storage, storage)
SELECT id, CASE WHEN behind AND host = laggard THEN generation - 1 END,
  CASE WHEN random() < 0.001 THEN '-infinity' ELSE now() - random() * interval '7 days' END, 'default', host
FROM placed CROSS JOIN LATERAL unnest(hosts) AS host
WHERE NOT (missing AND host = absent);

INSERT INTO orleans_grain_state (state_id, version, grain_n0, grain_n1, changed_at, service_id, state_name, grain_key, payload)
SELECT orleans_state_id('praefect', 'repository', 0, 0, 'default/' || relative_path), 1 + (random() * 1000000000)::integer, 0, 0, now(), 'praefect', 'repository',
  'default/' || relative_path,
  json_build_object('RepositoryId', repository_id, 'VirtualStorage', virtual_storage, 'RelativePath', relative_path, 'ReplicaPath', replica_path,
    'Generation', generation, 'Primary', primary_storage,
    'Assignments', (SELECT to_json(nullif(assigned, '{}')) FROM catalogue_placements AS placement WHERE placement.placement_id = repository.placement_id),
    'Replicas', (SELECT json_agg(json_build_object('Storage', storage, 'Generation', coalesce(replica.generation, repository.generation),
        'VerifiedAt', nullif(verified_at, '-infinity')))
      FROM catalogue_replicas AS replica WHERE replica.repository_id = repository.repository_id),
    'OpenWrites', '[]'::json)::text
FROM catalogue_repositories AS repository;

ALTER TABLE orleans_grain_state ENABLE TRIGGER ALL;

-- Cluster membership: one version row per cluster, one row per silo incarnation.
-- Every change of a silo's status must raise the version from the value its author read; the version row's lock puts the authors in line,
-- and whoever finds another version than the one it read changes nothing and is told so.

CREATE TABLE IF NOT EXISTS orleans_cluster (
  deployment_id text COLLATE "C" PRIMARY KEY,
  version integer NOT NULL DEFAULT 0,
  changed_at timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 50);

-- Heartbeats rewrite i_am_alive_time and nothing that is indexed: with half of each page free they stay in their page.
CREATE TABLE IF NOT EXISTS orleans_silo (
  deployment_id text COLLATE "C" NOT NULL,
  address text COLLATE "C" NOT NULL,
  port integer NOT NULL,
  generation integer NOT NULL,
  silo_name text NOT NULL,
  host_name text NOT NULL,
  status integer NOT NULL,
  proxy_port integer NOT NULL,
  suspect_times text,
  start_time timestamptz NOT NULL,
  i_am_alive_time timestamptz NOT NULL,
  PRIMARY KEY (deployment_id, address, port, generation)
) WITH (fillfactor = 50);

SELECT define_orleans_query('InsertMembershipVersionKey', $$
WITH added AS (
  INSERT INTO orleans_cluster (deployment_id) VALUES (@DeploymentId)
  ON CONFLICT (deployment_id) DO NOTHING
  RETURNING 1)
SELECT count(*) > 0 AS inserted FROM added
$$);

SELECT define_orleans_query('InsertMembershipKey', $$
WITH raised AS (
  UPDATE orleans_cluster SET version = version + 1, changed_at = now()
  WHERE deployment_id = @DeploymentId AND version = @Version
    AND NOT EXISTS (
      SELECT 1 FROM orleans_silo
      WHERE deployment_id = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation)
  RETURNING deployment_id),
added AS (
  INSERT INTO orleans_silo (deployment_id, address, port, generation, silo_name, host_name, status, proxy_port, start_time, i_am_alive_time)
  SELECT deployment_id, @Address, @Port, @Generation, @SiloName, @HostName, @Status, @ProxyPort, @StartTime, @IAmAliveTime FROM raised
  RETURNING 1)
SELECT count(*) > 0 AS inserted FROM added
$$);

SELECT define_orleans_query('UpdateMembershipKey', $$
WITH raised AS (
  UPDATE orleans_cluster SET version = version + 1, changed_at = now()
  WHERE deployment_id = @DeploymentId AND version = @Version
    AND EXISTS (
      SELECT 1 FROM orleans_silo
      WHERE deployment_id = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation)
  RETURNING deployment_id),
changed AS (
  UPDATE orleans_silo AS silo SET status = @Status, suspect_times = @SuspectTimes, i_am_alive_time = @IAmAliveTime
  FROM raised
  WHERE silo.deployment_id = raised.deployment_id AND silo.address = @Address AND silo.port = @Port AND silo.generation = @Generation
  RETURNING 1)
SELECT count(*) > 0 AS updated FROM changed
$$);

-- A heartbeat is not a change of membership: it leaves the version alone.
SELECT define_orleans_query('UpdateIAmAlivetimeKey', $$
UPDATE orleans_silo SET i_am_alive_time = @IAmAliveTime
WHERE deployment_id = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation
$$);

-- Both reads give the version even where no silo matches: one row whose silo columns are null.
SELECT define_orleans_query('MembershipReadAllKey', $$
SELECT cluster.version AS Version, silo.address AS Address, silo.port AS Port, silo.generation AS Generation, silo.silo_name AS SiloName,
  silo.host_name AS HostName, silo.status AS Status, silo.proxy_port AS ProxyPort, silo.suspect_times AS SuspectTimes,
  silo.start_time AS StartTime, silo.i_am_alive_time AS IAmAliveTime
FROM orleans_cluster AS cluster
LEFT JOIN orleans_silo AS silo ON silo.deployment_id = cluster.deployment_id
WHERE cluster.deployment_id = @DeploymentId
$$);

SELECT define_orleans_query('MembershipReadRowKey', $$
SELECT cluster.version AS Version, silo.address AS Address, silo.port AS Port, silo.generation AS Generation, silo.silo_name AS SiloName,
  silo.host_name AS HostName, silo.status AS Status, silo.proxy_port AS ProxyPort, silo.suspect_times AS SuspectTimes,
  silo.start_time AS StartTime, silo.i_am_alive_time AS IAmAliveTime
FROM orleans_cluster AS cluster
LEFT JOIN orleans_silo AS silo
  ON silo.deployment_id = cluster.deployment_id AND silo.address = @Address AND silo.port = @Port AND silo.generation = @Generation
WHERE cluster.deployment_id = @DeploymentId
$$);

SELECT define_orleans_query('GatewaysQueryKey', $$
SELECT address AS Address, proxy_port AS ProxyPort, generation AS Generation
FROM orleans_silo
WHERE deployment_id = @DeploymentId AND status = @Status AND proxy_port > 0
$$);

SELECT define_orleans_query('DeleteMembershipTableEntriesKey', $$
WITH gone AS (DELETE FROM orleans_silo WHERE deployment_id = @DeploymentId)
DELETE FROM orleans_cluster WHERE deployment_id = @DeploymentId
$$);

-- 6 is SiloStatus.Dead: a silo that is merely slow to report must keep its row.
SELECT define_orleans_query('CleanupDefunctSiloEntriesKey', $$
DELETE FROM orleans_silo
WHERE deployment_id = @DeploymentId AND status = 6 AND i_am_alive_time < @IAmAliveTime
$$);

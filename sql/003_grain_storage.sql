-- Grain state: one row per state of a grain, found by a 16-byte digest of its whole identity. The full names stand beside it for people and
-- reports, but only the digest is indexed: a key of a hundred bytes would make the only index on the hot path four times as large.
-- The provider names a state by the name in [PersistentState]; the class of the grain does not appear.

CREATE TABLE IF NOT EXISTS orleans_grain_state (
  state_id uuid PRIMARY KEY,
  version integer NOT NULL,
  grain_n0 bigint NOT NULL,
  grain_n1 bigint NOT NULL,
  changed_at timestamptz NOT NULL,
  service_id text COLLATE "C" NOT NULL,
  state_name text COLLATE "C" NOT NULL,
  -- The grain's key where it is a string, or the extension of a number or Guid key.
  grain_key text COLLATE "C",
  -- The state as JSON text; null: cleared. Text, because what was written must come back as it was, and nobody parses it twice.
  payload text
) WITH (
  -- A write changes version, changed_at and payload: none is indexed, so with room in the page it touches no index at all.
  fillfactor = 80,
  -- At ten million rows the default fifth of the table would let two million dead rows pile up before a vacuum.
  autovacuum_vacuum_scale_factor = 0.02,
  autovacuum_analyze_scale_factor = 0.02
);

-- Identity of a state. SHA-256 cut to 128 bits: nobody can construct two paths that share it. The separator cannot occur in the numbers
-- before the key, and the key comes last, so different identities are different texts.
CREATE OR REPLACE FUNCTION orleans_state_id(service_id text, state_name text, n0 bigint, n1 bigint, key text) RETURNS uuid
LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT encode(substring(sha256(convert_to(
    concat(length(service_id), '|', service_id, '|', length(state_name), '|', state_name, '|', n0, '|', n1, CASE WHEN key IS NOT NULL THEN '|' END, key),
    'UTF8')) FOR 16), 'hex')::uuid
$$;

-- Writes a state and returns its new version; null: somebody else wrote since the version was read, or created it meanwhile.
-- A new row's version starts anywhere, not at 1: a silo that still believes in a state which was deleted and made anew must not find
-- its own version again by counting.
CREATE OR REPLACE FUNCTION write_grain_state(
  p_service_id text, p_state_name text, p_n0 bigint, p_n1 bigint, p_key text, p_version integer, p_payload bytea) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
  id uuid := orleans_state_id(p_service_id, p_state_name, p_n0, p_n1, p_key);
  written integer;
BEGIN
  IF p_version IS NULL THEN
    INSERT INTO orleans_grain_state AS state (state_id, version, grain_n0, grain_n1, changed_at, service_id, state_name, grain_key, payload)
    VALUES (id, 1 + floor(random() * 1000000000)::integer, p_n0, p_n1, now(), p_service_id, p_state_name, p_key, convert_from(p_payload, 'UTF8'))
    ON CONFLICT (state_id) DO NOTHING
    RETURNING state.version INTO written;
  ELSE
    UPDATE orleans_grain_state AS state
    SET version = CASE WHEN state.version = 2147483647 THEN 1 ELSE state.version + 1 END,
      changed_at = now(),
      payload = convert_from(p_payload, 'UTF8')
    WHERE state.state_id = id AND state.version = p_version
    RETURNING state.version INTO written;
  END IF;
  RETURN written;
END
$$;

SELECT define_orleans_query('WriteToStorageKey', $$
SELECT write_grain_state(@ServiceId, @GrainTypeString, @GrainIdN0, @GrainIdN1, @GrainIdExtensionString, @GrainStateVersion, @PayloadBinary)
  AS NewGrainStateVersion
$$);

SELECT define_orleans_query('ReadFromStorageKey', $$
SELECT convert_to(payload, 'UTF8') AS PayloadBinary, version AS Version
FROM orleans_grain_state
WHERE state_id = orleans_state_id(@ServiceId, @GrainTypeString, @GrainIdN0, @GrainIdN1, @GrainIdExtensionString)
$$);

SELECT define_orleans_query('ClearStorageKey', $$
UPDATE orleans_grain_state
SET version = CASE WHEN version = 2147483647 THEN 1 ELSE version + 1 END, changed_at = now(), payload = NULL
WHERE state_id = orleans_state_id(@ServiceId, @GrainTypeString, @GrainIdN0, @GrainIdN1, @GrainIdExtensionString)
  AND version = @GrainStateVersion
RETURNING version AS NewGrainStateVersion
$$);

-- The provider only looks whether the answer differs from the version it sent.
SELECT define_orleans_query('DeleteStorageKey', $$
DELETE FROM orleans_grain_state
WHERE state_id = orleans_state_id(@ServiceId, @GrainTypeString, @GrainIdN0, @GrainIdN1, @GrainIdExtensionString)
  AND version = @GrainStateVersion
RETURNING CASE WHEN version = 2147483647 THEN 1 ELSE version + 1 END AS NewGrainStateVersion
$$);

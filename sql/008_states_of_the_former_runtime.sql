-- Takes over the states and reminders of a database that a praefect without Orleans kept for itself, in tables of its own (grain_state and grain_reminder), and
-- drops these tables. Where there are none, nothing happens.

-- Orleans' place of a grain on the hash ring, of its kind or its key: xxHash32 with its bytes reversed.
CREATE OR REPLACE FUNCTION orleans_hash(content text) RETURNS bigint
LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
  bytes bytea := convert_to(content, 'UTF8');
  size integer := length(bytes);
  at integer := 0;
  lane numeric;
  lanes bigint[] := '{606290984, 2246822519, 0, 1640531535}';
  hash bigint := 374761393;
BEGIN
  WHILE at + 16 <= size LOOP
    FOR i IN 1 .. 4 LOOP
      lane := get_byte(bytes, at) + (get_byte(bytes, at + 1) << 8) + (get_byte(bytes, at + 2) << 16) + (get_byte(bytes, at + 3)::bigint << 24);
      hash := (lanes[i] + lane * 2246822519) % 4294967296;
      lanes[i] := (((hash << 13) | (hash >> 19)) & 4294967295)::numeric * 2654435761 % 4294967296;
      at := at + 4;
    END LOOP;
  END LOOP;
  IF size >= 16 THEN
    hash := ((lanes[1] << 1) | (lanes[1] >> 31)) & 4294967295;
    hash := hash + (((lanes[2] << 7) | (lanes[2] >> 25)) & 4294967295);
    hash := hash + (((lanes[3] << 12) | (lanes[3] >> 20)) & 4294967295);
    hash := hash + (((lanes[4] << 18) | (lanes[4] >> 14)) & 4294967295);
  ELSE
    hash := 374761393;
  END IF;
  hash := (hash + size) & 4294967295;
  WHILE at + 4 <= size LOOP
    lane := get_byte(bytes, at) + (get_byte(bytes, at + 1) << 8) + (get_byte(bytes, at + 2) << 16) + (get_byte(bytes, at + 3)::bigint << 24);
    hash := (hash + lane * 3266489917) % 4294967296;
    hash := (((hash << 17) | (hash >> 15)) & 4294967295)::numeric * 668265263 % 4294967296;
    at := at + 4;
  END LOOP;
  WHILE at < size LOOP
    hash := (hash + get_byte(bytes, at)::numeric * 374761393) % 4294967296;
    hash := (((hash << 11) | (hash >> 21)) & 4294967295)::numeric * 2654435761 % 4294967296;
    at := at + 1;
  END LOOP;
  hash := (hash # (hash >> 15))::numeric * 2246822519 % 4294967296;
  hash := (hash # (hash >> 13))::numeric * 3266489917 % 4294967296;
  hash := hash # (hash >> 16);
  RETURN ((hash & 255) << 24) | ((hash & 65280) << 8) | ((hash >> 8) & 65280) | (hash >> 24);
END
$$;

DO $$
DECLARE
  service text;
BEGIN
  IF to_regclass('grain_store_schema') IS NULL THEN
    RETURN;
  END IF;
  -- The lock that the program held as long as it ran.
  IF NOT pg_try_advisory_xact_lock(8102645767730455412) THEN
    RAISE EXCEPTION 'a praefect of an earlier release still runs on this database'
      USING HINT = 'stop it, then run sql-migrate again: what it writes from now on would be missing';
  END IF;
  IF EXISTS (SELECT 1 FROM orleans_grain_state) THEN
    RAISE EXCEPTION 'the database has the records of two sets of repositories: in grain_state those of a praefect without Orleans, in orleans_grain_state those of one with it'
      USING HINT = 'keep a backup, drop the tables of the set that is not in use (grain_state, grain_reminder and grain_store_schema; or empty orleans_grain_state and orleans_reminder), then run sql-migrate again';
  END IF;

  service := current_setting('praefect.service_id');
  -- A key that reads as a number is kept as one, as Orleans' provider does. What was cleared need not come along.
  INSERT INTO orleans_grain_state (state_id, version, grain_n0, grain_n1, changed_at, service_id, state_name, grain_key, payload)
  SELECT orleans_state_id(service, state_name, 0, number, rest), 1 + (etag % 2147483646)::integer, 0, number, now(), service, state_name, rest, payload
  FROM (
    SELECT state_name, etag, payload,
      CASE WHEN parts IS NULL THEN 0 ELSE ('x' || lpad(parts[1], 16, '0'))::bit(64)::bigint END AS number,
      CASE WHEN parts IS NULL THEN grain_key ELSE parts[3] END AS rest
    FROM (SELECT *, regexp_match(grain_key, '^([0-9A-Fa-f]{1,16})(\+(.*))?$') AS parts FROM grain_state) AS parsed) AS named
  WHERE payload IS NOT NULL;

  INSERT INTO orleans_reminder (service_id, grain_id, reminder_name, start_time, period, grain_hash, version)
  SELECT service, grain_type || '/' || grain_key, name, timestamptz 'epoch' + start_at_ms * interval '1 millisecond', period_ms,
    -- Unsigned on the ring, signed in the table.
    ((orleans_hash(grain_type) * 31 + orleans_hash(grain_key)) & 4294967295)::bit(32)::integer, 1
  FROM grain_reminder;

  DROP TABLE grain_state, grain_reminder, grain_store_schema;
END
$$;

DROP FUNCTION orleans_hash(text);

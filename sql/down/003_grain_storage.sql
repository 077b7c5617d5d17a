-- The states are all that is known of the repositories, and nothing else could give them back.
DO $$
BEGIN
  IF EXISTS (SELECT 1 FROM orleans_grain_state WHERE payload IS NOT NULL) THEN
    RAISE EXCEPTION 'the table orleans_grain_state holds the records of repositories, which rolling back would delete'
      USING HINT = 'restore a backup made before the migration, or empty the table first if the records are not needed any more';
  END IF;
END
$$;
DELETE FROM orleansquery WHERE querykey IN ('WriteToStorageKey', 'ReadFromStorageKey', 'ClearStorageKey', 'DeleteStorageKey');
DROP FUNCTION IF EXISTS write_grain_state;
DROP TABLE IF EXISTS orleans_grain_state;
DROP FUNCTION IF EXISTS orleans_state_id;

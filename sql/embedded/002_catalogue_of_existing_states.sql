-- Fills the catalogue where the embedded runtime's store has repositories and the catalogue has none: a database from before it had one.

DO $$
DECLARE
  state record;
BEGIN
  IF EXISTS (SELECT 1 FROM catalogue_repositories) THEN
    RETURN;
  END IF;
  FOR state IN SELECT payload::jsonb - 'OpenWrites' AS value FROM grain_state WHERE state_name = 'repository' AND payload IS NOT NULL LOOP
    IF catalogue_repository_exists(state.value) THEN
      PERFORM catalogue_write(state.value, NULL);
    END IF;
  END LOOP;
END
$$;

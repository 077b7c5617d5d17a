-- The catalogue follows the repositories' states in Orleans' grain storage: those named 'repository'.

DROP TRIGGER IF EXISTS catalogue_projection ON orleans_grain_state;
CREATE TRIGGER catalogue_projection AFTER INSERT OR UPDATE OF payload ON orleans_grain_state
FOR EACH ROW WHEN (NEW.state_name = 'repository') EXECUTE FUNCTION catalogue_project();

DROP TRIGGER IF EXISTS catalogue_projection_removal ON orleans_grain_state;
CREATE TRIGGER catalogue_projection_removal AFTER DELETE ON orleans_grain_state
FOR EACH ROW WHEN (OLD.state_name = 'repository') EXECUTE FUNCTION catalogue_project();

-- Builds the catalogue anew from the states and says how many repositories it holds. For a table restored without its triggers, or for doubt;
-- writes wait meanwhile.
CREATE OR REPLACE FUNCTION catalogue_rebuild() RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
  state record;
BEGIN
  LOCK TABLE orleans_grain_state IN SHARE ROW EXCLUSIVE MODE;
  TRUNCATE catalogue_repositories, catalogue_replicas, catalogue_placements, catalogue_verifications;
  FOR state IN SELECT payload::jsonb - 'OpenWrites' AS value FROM orleans_grain_state WHERE state_name = 'repository' AND payload IS NOT NULL LOOP
    IF catalogue_repository_exists(state.value) THEN
      PERFORM catalogue_write(state.value, NULL);
    END IF;
  END LOOP;
  RETURN (SELECT count(*) FROM catalogue_repositories);
END
$$;

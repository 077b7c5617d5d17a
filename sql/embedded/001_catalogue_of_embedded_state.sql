-- The catalogue follows the repositories' states in the embedded runtime's store. Run by that runtime at every start, behind 005 and 006,
-- when its own tables exist; not part of the migrations, which know no table of that runtime.

DROP TRIGGER IF EXISTS catalogue_projection ON grain_state;
CREATE TRIGGER catalogue_projection AFTER INSERT OR UPDATE OF payload ON grain_state
FOR EACH ROW WHEN (NEW.state_name = 'repository') EXECUTE FUNCTION catalogue_project();

DROP TRIGGER IF EXISTS catalogue_projection_removal ON grain_state;
CREATE TRIGGER catalogue_projection_removal AFTER DELETE ON grain_state
FOR EACH ROW WHEN (OLD.state_name = 'repository') EXECUTE FUNCTION catalogue_project();

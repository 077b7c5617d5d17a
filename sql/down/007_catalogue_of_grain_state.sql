-- The catalogue stays as it is and no longer follows the states.
DROP TRIGGER IF EXISTS catalogue_projection ON orleans_grain_state;
DROP TRIGGER IF EXISTS catalogue_projection_removal ON orleans_grain_state;
DROP FUNCTION IF EXISTS catalogue_rebuild();

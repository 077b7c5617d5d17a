DROP FUNCTION IF EXISTS catalogue_project();
DROP FUNCTION IF EXISTS catalogue_write(jsonb, jsonb);
DROP FUNCTION IF EXISTS catalogue_only_generation_differs(jsonb, jsonb);
DROP FUNCTION IF EXISTS catalogue_write_replicas(bigint, text, jsonb);
DROP FUNCTION IF EXISTS catalogue_remove(bigint);
DROP FUNCTION IF EXISTS catalogue_placement(text, text[], text[], text[]);
DROP FUNCTION IF EXISTS catalogue_replicas_of(jsonb);
DROP FUNCTION IF EXISTS catalogue_repository_exists(jsonb);

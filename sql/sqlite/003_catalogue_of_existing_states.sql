-- Fills the catalogue of a file that has states but no catalogue, or one of another form. Deleting the row in catalogue_form has it built anew
-- at the next start.

DELETE FROM catalogue_replicas WHERE NOT EXISTS (SELECT 1 FROM catalogue_form WHERE version = 1);
DELETE FROM catalogue_repositories WHERE NOT EXISTS (SELECT 1 FROM catalogue_form WHERE version = 1);
DELETE FROM catalogue_placements WHERE NOT EXISTS (SELECT 1 FROM catalogue_form WHERE version = 1);
INSERT INTO catalogue_records (payload)
SELECT payload FROM grain_state
WHERE state_name = 'repository' AND payload IS NOT NULL AND NOT EXISTS (SELECT 1 FROM catalogue_form WHERE version = 1);
INSERT INTO catalogue_form (version) VALUES (1) ON CONFLICT DO NOTHING;

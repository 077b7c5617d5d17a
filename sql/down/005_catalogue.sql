-- Nothing is lost: the catalogue follows from the states.
DROP VIEW IF EXISTS catalogue_replica_details;
DROP TABLE IF EXISTS catalogue_verifications, catalogue_replicas, catalogue_repositories, catalogue_placements;

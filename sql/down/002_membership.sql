DELETE FROM orleansquery;
DROP TABLE IF EXISTS orleans_silo;
DROP TABLE IF EXISTS orleans_cluster;

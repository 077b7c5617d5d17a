DROP FUNCTION IF EXISTS define_orleans_query(text, text);
DROP TABLE IF EXISTS orleansquery;

-- The one table that the Orleans ADO.NET providers know by name: they read every query text from it at start, by key.
-- Everything else in these scripts is reached only through the texts stored here, so table layouts are ours to choose.

DO $$
BEGIN
  -- Grain state is JSON and paths are UTF-8: any other encoding would refuse some of them much later.
  IF current_setting('server_encoding') <> 'UTF8' THEN
    RAISE EXCEPTION 'database "%" has encoding %, but UTF8 is needed', current_database(), current_setting('server_encoding')
      USING HINT = 'create it with: CREATE DATABASE name ENCODING ''UTF8'' TEMPLATE template0';
  END IF;
  IF current_setting('server_version_num')::integer < 120000 THEN
    RAISE EXCEPTION 'this server is PostgreSQL %, but 12 or later is needed', current_setting('server_version');
  END IF;
END
$$;

CREATE TABLE IF NOT EXISTS orleansquery (
  querykey text PRIMARY KEY,
  querytext text NOT NULL
);

-- How a script stores a query text: the newest script wins.
CREATE OR REPLACE FUNCTION define_orleans_query(key text, query text) RETURNS void
LANGUAGE sql AS $$
  INSERT INTO orleansquery (querykey, querytext) VALUES (key, btrim(query, E' \n'))
  ON CONFLICT (querykey) DO UPDATE SET querytext = excluded.querytext;
$$;

-- Version of the entry points in this database.
--
-- Result       what the loader stamped last
-- Rows locked  none
-- Callers      cbs.database.procedures.contract_version
CREATE OR REPLACE FUNCTION cbs_api.contract_version_v1() RETURNS integer
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, cbs, pg_temp
AS $$
  SELECT c.version FROM cbs.contract c
$$;

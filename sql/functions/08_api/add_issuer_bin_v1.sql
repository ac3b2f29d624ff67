-- Declares leading digits of our own card numbers; again is no error.
--
-- p_prefix     one to six digits
-- Rows locked  none; inserts issuer_bin
-- Callers      portfolio tools and tests
CREATE OR REPLACE FUNCTION cbs_api.add_issuer_bin_v1(p_prefix text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, cbs, pg_temp
AS $$
BEGIN
  INSERT INTO cbs.issuer_bin (prefix) VALUES (p_prefix) ON CONFLICT DO NOTHING;
END
$$;

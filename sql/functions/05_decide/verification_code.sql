-- Response code of an account verification without objection, per network; 85 by default.
--
-- Rows locked  none
-- Callers      cbs.approve
CREATE OR REPLACE FUNCTION cbs.verification_code(p_network text) RETURNS text
LANGUAGE sql STABLE AS $$
  SELECT coalesce((SELECT n.verification_approved_code
                     FROM cbs.network n WHERE n.network = p_network), '85')
$$;

-- Which way the money of a kind goes: debit, credit, or none.
--
-- p_kind       of a record or of a chain, or null
-- Rows locked  none
-- Callers      cbs.read_batch, 04_match
CREATE OR REPLACE FUNCTION cbs.direction(p_kind text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN p_kind IN ('purchase', 'cash') THEN 'debit'
    WHEN p_kind IN ('refund', 'credit') THEN 'credit' ELSE 'none' END
$$;

-- First two digits of DE3 of the kinds that bring money to the holder.
--
-- Rows locked  none
-- Callers      cbs.find_pending_reversals
CREATE OR REPLACE FUNCTION cbs.credit_prefixes() RETURNS text[]
LANGUAGE sql STABLE AS $$
  SELECT array_agg(k.prefix) FROM cbs.processing_kind k WHERE k.kind IN ('refund', 'credit')
$$;

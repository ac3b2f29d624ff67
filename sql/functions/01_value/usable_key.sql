-- The identity key of a record, or, where that has not 16 bytes, a key made from what there is.
--
-- Rows locked  none
-- Callers      cbs.read_batch
CREATE OR REPLACE FUNCTION cbs.usable_key(
  p_identity_key bytea,
  p_trace_id bytea
) RETURNS bytea
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN length(p_identity_key) = 16 THEN p_identity_key
    ELSE substr('\x00000000'::bytea || sha256(coalesce(p_identity_key, '')
           || coalesce(p_trace_id, '')), 1, 16) END
$$;

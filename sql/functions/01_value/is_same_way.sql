-- Whether a reversal can be about a message: both bring money, or neither does; without DE3 always.
--
-- p_processing_code, p_direction  of the reversal
-- p_original_direction            of the message
-- Rows locked  none
-- Callers      cbs.is_candidate, cbs.find_pending_reversals
CREATE OR REPLACE FUNCTION cbs.is_same_way(
  p_processing_code text,
  p_direction text,
  p_original_direction text
) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT p_processing_code IS NULL
    OR (p_direction = 'credit') = (p_original_direction = 'credit')
$$;

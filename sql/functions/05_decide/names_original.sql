-- Whether a reversal says at all which message it takes back.
--
-- Rows locked  none
-- Callers      cbs.decide_reversal
CREATE OR REPLACE FUNCTION cbs.names_original(p_record cbs.authorization_record) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT p_record.lifecycle_id IS NOT NULL
    OR (p_record.original_message_type IS NOT NULL AND p_record.original_stan IS NOT NULL
        AND (p_record.original_transmitted_at IS NOT NULL
             OR p_record.original_acquirer_id IS NOT NULL))
    OR p_record.retrieval_reference IS NOT NULL
$$;

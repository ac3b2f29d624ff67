-- Whether an operation can be the original of a follow-up: a request or an advice of the same
-- network, whose money goes the same way. A reversal without DE3 goes either way.
--
-- An approval that was voided never left us: nothing that a reversal could mean, so the reversal
-- waits for the next attempt. An advice of it opens its chain again.
--
-- Rows locked  none; the caller holds the card
-- Callers      the rungs of 04_match
CREATE OR REPLACE FUNCTION cbs.is_candidate(
  p_record cbs.authorization_record,
  p_operation cbs.operation
) RETURNS boolean
LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF p_operation.message_class NOT IN ('0100', '0120', '0200', '0220')
      OR p_operation.network <> p_record.network THEN
    RETURN false;
  END IF;
  IF p_record.message_class IN ('0120', '0220') THEN
    RETURN cbs.direction(p_operation.chain_kind) = p_record.direction;
  END IF;
  RETURN cbs.is_same_way(p_record.processing_code, p_record.direction,
                         cbs.direction(p_operation.chain_kind))
    AND (cbs.load_chain(p_operation.card_token, p_operation.chain_root_at,
                        p_operation.chain_id)).state <> 'VOIDED';
END
$$;

-- Whether an operation can be the original of a follow-up: a request or an advice of the same
-- network, whose money goes the same way, not voided. A reversal asks only whether both bring money
-- or neither does.
--
-- Rows locked  none
-- Callers      the rungs of 04_match
CREATE OR REPLACE FUNCTION cbs.is_candidate(
  p_record cbs.authorization_record,
  p_operation cbs.operation
) RETURNS boolean
LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN p_operation.message_class IN ('0100', '0120', '0200', '0220')
    AND p_operation.network = p_record.network
    AND CASE WHEN p_record.message_class IN ('0120', '0220')
      THEN cbs.direction(p_operation.chain_kind) = p_record.direction
      ELSE (cbs.direction(p_operation.chain_kind) = 'credit') = (p_record.direction = 'credit') END
    AND NOT cbs.is_voided(p_operation);
END
$$;

-- Whether an operation can be the original of a follow-up: a request or an advice of the same
-- network and direction of money, not voided.
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
    AND (p_operation.chain_kind IN ('refund', 'credit')) = p_record.is_credit
    AND NOT cbs.is_voided(p_operation);
END
$$;

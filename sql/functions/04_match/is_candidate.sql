-- Whether an operation can be the original of a follow-up: a request or an advice, of the same
-- network, and for an advice of the same direction of money.
--
-- Rows locked  none
-- Callers      the rungs of 04_match
CREATE OR REPLACE FUNCTION cbs.is_candidate(
  p_record cbs.authorization_record,
  p_operation cbs.operation
) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT p_operation.message_class IN ('0100', '0120', '0200', '0220')
    AND p_operation.kind <> 'void'
    AND p_operation.network = p_record.network
    AND (p_record.message_class IN ('0400', '0420')
         OR (p_record.kind IS NOT DISTINCT FROM 'refund'
             OR p_record.kind IS NOT DISTINCT FROM 'credit')
            = (p_operation.chain_kind IN ('refund', 'credit')))
$$;

-- The reversal that came before its original and waits for it: a tombstone, or a pending
-- replacement. The ladder of cbs.find_chain, read the other way; the tombstone lives ten days and
-- is not used up, so that a message that it names is refused each time.
--
-- p_now        the clock
-- p_record     a request or an advice
-- Result       the newest such reversal, a row of nulls where there is none
-- Rows locked  none; the caller holds account and card
-- Callers      cbs.decide_request, cbs.decide_advice; only while card.orphan_until lies ahead
CREATE OR REPLACE FUNCTION cbs.find_pending_reversal(
  p_now timestamptz,
  p_record cbs.authorization_record
) RETURNS cbs.operation
LANGUAGE plpgsql STABLE AS $$
DECLARE
  v_reversal cbs.operation;
BEGIN
  SELECT o.*
    INTO v_reversal
    FROM cbs.operation o
   WHERE o.card_token = p_record.card_token
     AND o.chain_root_at > p_now - interval '240 hours'
     AND o.account_id = p_record.account_id
     AND o.network = p_record.network
     AND o.message_class IN ('0400', '0420')
     AND 'REVERSAL_UNMATCHED' = ANY (o.exceptions)
     AND (o.lifecycle_id = p_record.lifecycle_id
          OR (o.original_stan = p_record.stan
              AND left(o.original_message_type, 2) = left(p_record.message_class, 2)
              AND (o.original_transmitted_at IS NOT NULL OR o.original_acquirer_id IS NOT NULL)
              AND (o.original_transmitted_at IS NULL OR cbs.key_prefix(o.original_transmitted_at)
                   = substr(p_record.identity_key, 1, 4))
              AND (o.original_acquirer_id IS NULL
                   OR o.original_acquirer_id = p_record.acquirer_id))
          OR (o.retrieval_reference = p_record.retrieval_reference
              AND o.acquirer_id = p_record.acquirer_id))
   ORDER BY o.operation_id DESC
   LIMIT 1;
  RETURN v_reversal;
END
$$;

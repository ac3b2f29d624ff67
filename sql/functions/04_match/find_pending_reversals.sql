-- The reversals that came before their original and wait for it: tombstones (full) and pending
-- replacements. The ladder of cbs.find_chain, read the other way. They live ten days and are not
-- used up, so that a message that they name is refused each time.
--
-- p_now        the clock
-- p_record     a request or an advice
-- Result       operations, in no order
-- Rows locked  none; the caller holds account and card
-- Callers      cbs.earlier_replacement
CREATE OR REPLACE FUNCTION cbs.find_pending_reversals(
  p_now timestamptz,
  p_record cbs.authorization_record
) RETURNS SETOF cbs.operation
LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN QUERY
  SELECT o.*
    FROM cbs.operation o
   WHERE o.card_token = p_record.card_token
     AND o.chain_root_at > p_now - interval '240 hours'
     AND 'REVERSAL_UNMATCHED' = ANY (o.exceptions)
     AND o.account_id = p_record.account_id
     AND o.network = p_record.network
     AND coalesce(left(o.processing_code, 2) = ANY (cbs.credit_prefixes()), false)
         = (p_record.direction = 'credit')
     AND (o.lifecycle_id = p_record.lifecycle_id
          OR (o.original_stan = p_record.stan
              AND left(o.original_message_type, 2) = left(p_record.message_class, 2)
              AND (o.original_transmitted_at IS NOT NULL OR o.original_acquirer_id IS NOT NULL)
              AND (o.original_transmitted_at IS NULL OR cbs.key_prefix(o.original_transmitted_at)
                   = substr(p_record.identity_key, 1, 4))
              AND (o.original_acquirer_id IS NULL
                   OR o.original_acquirer_id = p_record.acquirer_id))
          OR (o.retrieval_reference = p_record.retrieval_reference
              AND o.acquirer_id = p_record.acquirer_id
              AND (o.original_stan IS NULL OR o.original_stan = p_record.stan)
              AND (o.authorization_code IS NULL
                   OR o.authorization_code = p_record.authorization_code)));
END
$$;

-- Rung 3: operations with the retrieval reference (DE37) and the acquirer (DE32) of the record, and
-- with its DE38 if it has one, within 30 days. Where DE90 names a STAN it must be theirs: senders
-- that repeat a reference would have another purchase reversed.
--
-- Rows locked  none
-- Callers      cbs.find_chain
CREATE OR REPLACE FUNCTION cbs.match_reference(
  p_now timestamptz,
  p_record cbs.authorization_record
) RETURNS cbs.operation[]
LANGUAGE sql STABLE AS $$
  SELECT coalesce(array_agg(o), '{}')
    FROM cbs.operation o
   WHERE o.account_id = p_record.account_id
     AND o.card_token = p_record.card_token
     AND o.decided_at >= p_now - interval '720 hours'
     AND o.retrieval_reference = p_record.retrieval_reference
     AND o.acquirer_id = p_record.acquirer_id
     AND (p_record.original_stan IS NULL OR o.stan = p_record.original_stan)
     AND (p_record.authorization_code IS NULL
          OR p_record.authorization_code IN (o.authorization_code, o.reply_authorization_code))
     AND cbs.is_candidate(p_record, o)
$$;

-- Rung 2 of an advice: the request with the key fields of the advice itself (DE7, DE11, DE32,
-- DE37), which a network that stood in repeats unchanged.
--
-- Rows locked  none
-- Callers      cbs.find_chain, cbs.named_among
CREATE OR REPLACE FUNCTION cbs.match_request_of_advice(p_record cbs.authorization_record)
RETURNS cbs.operation[]
LANGUAGE sql STABLE AS $$
  SELECT coalesce(array_agg(o), '{}')
    FROM cbs.operation o
   WHERE o.account_id = p_record.account_id
     AND o.card_token = p_record.card_token
     AND o.operation_date = p_record.operation_date
     AND o.identity_key BETWEEN substr(p_record.identity_key, 1, 4)
         AND cbs.key_prefix_end(substr(p_record.identity_key, 1, 4))
     AND o.message_class IN ('0100', '0200')
     AND o.stan IS NOT DISTINCT FROM p_record.stan
     AND o.acquirer_id IS NOT DISTINCT FROM p_record.acquirer_id
     AND o.retrieval_reference IS NOT DISTINCT FROM p_record.retrieval_reference
     AND cbs.is_candidate(p_record, o)
$$;

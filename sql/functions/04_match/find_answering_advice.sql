-- The stand-in advice that came before its own request: same key fields (DE7, DE11, DE32, DE37), or
-- same life-cycle id in a chain that has no request yet.
--
-- p_now        the clock
-- p_record     a request
-- Result       the newest such advice, a row of nulls where there is none
-- Rows locked  none; the caller holds account and card
-- Callers      cbs.decide_request; only while card.orphan_until lies ahead
CREATE OR REPLACE FUNCTION cbs.find_answering_advice(
  p_now timestamptz,
  p_record cbs.authorization_record
) RETURNS cbs.operation
LANGUAGE plpgsql STABLE AS $$
DECLARE
  v_advice cbs.operation;
BEGIN
  SELECT a.*
    INTO v_advice
    FROM (
      SELECT o.*
        FROM cbs.operation o
       WHERE o.account_id = p_record.account_id
         AND o.card_token = p_record.card_token
         AND o.operation_date = p_record.operation_date
         AND substr(o.identity_key, 1, 4) = substr(p_record.identity_key, 1, 4)
         AND o.stan IS NOT DISTINCT FROM p_record.stan
         AND o.acquirer_id IS NOT DISTINCT FROM p_record.acquirer_id
         AND o.retrieval_reference IS NOT DISTINCT FROM p_record.retrieval_reference
      UNION ALL
      SELECT o.*
        FROM cbs.operation o
       WHERE o.card_token = p_record.card_token
         AND o.lifecycle_id = p_record.lifecycle_id
         AND o.decided_at >= p_now - interval '1080 hours'
         AND NOT EXISTS (
               SELECT FROM cbs.operation r
                WHERE r.card_token = o.card_token AND r.chain_root_at = o.chain_root_at
                  AND r.chain_id = o.chain_id AND r.message_class IN ('0100', '0200'))
    ) AS a
   WHERE a.message_class IN ('0120', '0220')
     AND a.response_code = '00'
     AND a.account_id = p_record.account_id
     AND a.network = p_record.network
     AND (a.chain_kind IN ('refund', 'credit')) = p_record.is_credit
   ORDER BY a.operation_id DESC
   LIMIT 1;
  RETURN v_advice;
END
$$;

-- The stand-in advice that came before its own request: same key fields (DE7, DE11, DE32, DE37), or
-- same life-cycle id in a chain that has no request yet.
--
-- An approved advice that booked nothing tells nothing. An increment (DE63.3) carries the
-- life-cycle id of its root and is another transaction all the same. A financial request has to be
-- posted: only a financial advice of its life-cycle answers it.
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
  v_prefix bytea := substr(p_record.identity_key, 1, 4);
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
         AND o.identity_key BETWEEN v_prefix AND cbs.key_prefix_end(v_prefix)
         AND o.stan IS NOT DISTINCT FROM p_record.stan
         AND o.acquirer_id IS NOT DISTINCT FROM p_record.acquirer_id
         AND o.retrieval_reference IS NOT DISTINCT FROM p_record.retrieval_reference
      UNION ALL
      SELECT o.*
        FROM cbs.operation o
       WHERE o.card_token = p_record.card_token
         AND o.lifecycle_id = p_record.lifecycle_id
         AND o.decided_at >= p_now - interval '1080 hours'
         AND (p_record.message_class = '0100' OR o.message_class = '0220')
         AND coalesce(p_record.reason_code, '')
             NOT IN ('3900', '3901', '3902', '3903', '3904')
         AND NOT EXISTS (
               SELECT FROM cbs.operation r
                WHERE r.card_token = o.card_token AND r.chain_root_at = o.chain_root_at
                  AND r.chain_id = o.chain_id AND r.message_class IN ('0100', '0200'))
    ) AS a
   WHERE a.message_class IN ('0120', '0220')
     AND a.response_code = '00'
     AND a.account_id = p_record.account_id
     AND a.network = p_record.network
     AND (cbs.direction(a.chain_kind) = 'credit') = (p_record.direction = 'credit')
     AND NOT (cbs.is_approval(a.advice_response_code)
              AND (cbs.load_chain(a.card_token, a.chain_root_at, a.chain_id)).state = 'RECORDED')
   ORDER BY a.operation_id DESC
   LIMIT 1;
  RETURN v_advice;
END
$$;

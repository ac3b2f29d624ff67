-- The stand-in advice that came before its own request: same life-cycle id, or same key fields, and
-- no request of its chain has an answer that may have left.
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
  SELECT o.*
    INTO v_advice
    FROM cbs.operation o
   WHERE o.account_id = p_record.account_id
     AND o.card_token = p_record.card_token
     AND o.decided_at > p_now - interval '240 hours'
     AND o.operation_date BETWEEN p_record.operation_date - 10 AND p_record.operation_date + 10
     AND o.network = p_record.network
     AND o.message_class = CASE p_record.message_class WHEN '0100' THEN '0120' ELSE '0220' END
     AND o.kind = p_record.kind
     AND (o.lifecycle_id = p_record.lifecycle_id
          OR (substr(o.identity_key, 1, 4) = substr(p_record.identity_key, 1, 4)
              AND o.stan = p_record.stan
              AND o.acquirer_id IS NOT DISTINCT FROM p_record.acquirer_id
              AND o.retrieval_reference IS NOT DISTINCT FROM p_record.retrieval_reference))
     AND NOT EXISTS (
       SELECT FROM cbs.operation r
        WHERE r.card_token = o.card_token AND r.chain_root_at = o.chain_root_at
          AND r.chain_id = o.chain_id AND r.message_class IN ('0100', '0200') AND r.attempt > 0
          AND NOT EXISTS (SELECT FROM cbs.operation v
                           WHERE v.account_id = r.account_id AND v.card_token = r.card_token
                             AND v.operation_date = r.operation_date
                             AND v.identity_key = r.identity_key AND v.attempt = -r.attempt))
   ORDER BY o.operation_id DESC
   LIMIT 1;
  RETURN v_advice;
END
$$;

-- The chain that a follow-up (advice or reversal) belongs to: the match ladder, first hit wins.
--
-- 1  network life-cycle id, decided at most 45 days ago
-- 2  original data elements (DE90); for an advice also the key fields of its own request
-- 3  retrieval reference and acquirer, and DE38 if present, decided at most 30 days ago
--
-- The card and the network must match on every rung, and the direction of money: a return is no
-- reversal. An approval whose answer never left is no original.
--
-- Several on one rung: of a pending chain first, then the newest operation. Before that, where one
-- life-cycle id has several transactions (increments): those that rung 2 finds too.
--
-- Result       chain_id null where nothing is found
-- Rows locked  none; the caller holds account and card
-- Callers      cbs.decide_reversal, cbs.decide_advice
CREATE OR REPLACE FUNCTION cbs.find_chain(
  p_now timestamptz,
  p_record cbs.authorization_record
) RETURNS cbs.chain
LANGUAGE plpgsql STABLE AS $$
DECLARE
  v_rung smallint := 1;
  v_candidates cbs.operation[] := cbs.match_lifecycle(p_now, p_record);
  v_named cbs.operation[] := '{}';
  v_chain cbs.chain;
BEGIN
  IF cardinality(v_candidates) > 1 THEN
    v_named := cbs.named_among(p_now, p_record, v_candidates);
  END IF;
  IF v_named <> '{}' THEN
    v_candidates := v_named;
  END IF;
  IF v_candidates = '{}' THEN
    v_rung := 2;
    v_candidates := cbs.match_original_data(p_now, p_record);
  END IF;
  IF v_candidates = '{}' AND p_record.message_class IN ('0120', '0220') THEN
    v_candidates := cbs.match_request_of_advice(p_record);
  END IF;
  IF v_candidates = '{}' THEN
    v_rung := 3;
    v_candidates := cbs.match_reference(p_now, p_record);
  END IF;
  IF v_candidates = '{}' THEN
    RETURN NULL;
  END IF;
  SELECT x.*
    INTO v_chain
    FROM unnest(v_candidates) AS c
   CROSS JOIN LATERAL cbs.load_chain(
         c.card_token, c.chain_root_at, c.chain_id, v_rung, c.operation_id) AS x
   ORDER BY (x.state IN ('PENDING', 'PARTIALLY_CLEARED')) DESC, c.operation_id DESC
   LIMIT 1;
  RETURN v_chain;
END
$$;

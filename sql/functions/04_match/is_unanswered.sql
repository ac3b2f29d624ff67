-- Whether an advice can answer a request that is still to come: no request of its chain has an answer
-- that may have left, and the advice did not approve without booking anything.
--
-- Rows locked  none; the caller holds the card
-- Callers      cbs.find_answering_advice
CREATE OR REPLACE FUNCTION cbs.is_unanswered(p_advice cbs.operation) RETURNS boolean
LANGUAGE plpgsql STABLE AS $$
DECLARE
  v_chain cbs.chain := cbs.load_chain(
    p_advice.card_token, p_advice.chain_root_at, p_advice.chain_id);
BEGIN
  IF cbs.is_approval(p_advice.advice_response_code) AND v_chain.state = 'RECORDED' THEN
    RETURN false;
  END IF;
  RETURN NOT EXISTS (
    SELECT FROM cbs.operation r
     WHERE r.card_token = p_advice.card_token
       AND r.chain_root_at = p_advice.chain_root_at
       AND r.chain_id = p_advice.chain_id
       AND r.message_class IN ('0100', '0200')
       AND NOT cbs.is_voided(r));
END
$$;

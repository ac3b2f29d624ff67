-- The answer to a request whose stand-in advice came first: the decision of the advice, without a
-- second hold. The request joins the chain of the advice, with the exception ANSWERED_BY_ADVICE.
--
-- The code is the DE39 of the advice, 00 where it has none; where the chain has been reversed
-- since, the code of REVERSED. Code 10 carries the lower amount of the advice; without one it is
-- 00.
--
-- Rows locked  none
-- Callers      cbs.decide_request
CREATE OR REPLACE FUNCTION cbs.answer_from_advice(
  p_record cbs.authorization_record,
  p_advice cbs.operation
) RETURNS cbs.decision
LANGUAGE plpgsql STABLE AS $$
DECLARE
  v_decision cbs.decision := cbs.join_chain(cbs.load_chain(
    p_advice.card_token, p_advice.chain_root_at, p_advice.chain_id));
BEGIN
  v_decision.exceptions := ARRAY['ANSWERED_BY_ADVICE'];
  IF v_decision.chain_state = 'REVERSED' THEN
    v_decision.reasons := ARRAY['REVERSED'];
    v_decision.response_code :=
      (cbs.pick_response(p_record.network, v_decision.reasons)).response_code;
    RETURN v_decision;
  END IF;
  v_decision.response_code := coalesce(p_advice.advice_response_code, '00');
  IF v_decision.response_code = '10' THEN
    v_decision := cbs.copy_partial_amount(p_record, p_advice, v_decision);
  END IF;
  IF cbs.is_approval(v_decision.response_code) AND v_decision.response_code <> '85' THEN
    v_decision.reply_authorization_code := coalesce(p_advice.authorization_code,
      cbs.authorization_code(p_record.identity_key, p_record.attempt));
  END IF;
  RETURN v_decision;
END
$$;

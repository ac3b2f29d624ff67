-- The answer to a request whose stand-in advice came first: the decision of the advice, without a
-- second hold. The request joins the chain of the advice, with the exception ANSWERED_BY_ADVICE.
--
-- A declined advice is answered with its own DE39; an approval that has been reversed since, with the
-- code of REVERSED; any other approval with 00, or with 10 and the amount of the advice where that is
-- less than asked and the network said 10 or the terminal can take a part.
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
  IF NOT cbs.is_approval(p_advice.advice_response_code) THEN
    v_decision.response_code := p_advice.advice_response_code;
    RETURN v_decision;
  END IF;
  IF v_decision.chain_state = 'REVERSED' THEN
    v_decision.reasons := ARRAY['REVERSED'];
    v_decision.response_code :=
      (cbs.pick_response(p_record.network, v_decision.reasons)).response_code;
    RETURN v_decision;
  END IF;
  v_decision.reply_authorization_code := coalesce(p_advice.authorization_code,
    cbs.authorization_code(p_record.identity_key, p_record.attempt));
  IF p_advice.amount_minor < p_record.amount_minor AND p_advice.currency = p_record.currency
      AND (p_record.is_partial_wanted OR p_advice.advice_response_code = '10') THEN
    v_decision.response_code := '10';
    v_decision.reply_amount_minor := p_advice.amount_minor;
    IF p_record.billing_amount_minor IS NOT NULL AND p_record.billing_currency IS NOT NULL THEN
      v_decision.reply_billing_amount_minor := p_advice.billing_amount_minor;
      v_decision.reply_billing_currency := p_record.billing_currency;
    END IF;
  END IF;
  RETURN v_decision;
END
$$;

-- The answer to a request whose stand-in advice came first: the decision of the advice, without a
-- second hold. The request joins the chain of the advice, with the exception ANSWERED_BY_ADVICE.
--
-- An advice without DE39 approved. Approved for less than asked (another amount in the advice) is
-- answered with 10 and that amount; approved for at least the amount asked, with 00.
-- A declined advice is answered with its own DE39.
--
-- Rows locked  none
-- Callers      cbs.decide_request
CREATE OR REPLACE FUNCTION cbs.answer_from_advice(
  p_record cbs.authorization_record,
  p_advice cbs.operation,
  p_billing_minor bigint
) RETURNS cbs.decision
LANGUAGE plpgsql STABLE AS $$
DECLARE
  v_decision cbs.decision;
  v_is_partial boolean := p_advice.amount_minor < p_record.amount_minor
    AND p_advice.currency IS NOT DISTINCT FROM p_record.currency;
BEGIN
  v_decision.chain_id := p_advice.chain_id;
  v_decision.chain_root_at := p_advice.chain_root_at;
  v_decision.chain_kind := p_advice.chain_kind;
  v_decision.chain_state := (cbs.load_chain(p_advice.card_token, p_advice.chain_root_at,
                                            p_advice.chain_id, NULL)).state;
  v_decision.billing_amount_minor := p_billing_minor;
  v_decision.ledger_delta_minor := 0;
  v_decision.held_delta_minor := 0;
  v_decision.reasons := '{}';
  v_decision.exceptions := ARRAY['ANSWERED_BY_ADVICE'];
  IF NOT cbs.is_approval(p_advice.advice_response_code) THEN
    v_decision.response_code := p_advice.advice_response_code;
  ELSIF v_decision.chain_state = 'REVERSED' THEN
    v_decision.reasons := ARRAY['REVERSED'];
    v_decision.response_code :=
      (cbs.pick_response(p_record.network, v_decision.reasons)).response_code;
  ELSE
    v_decision.response_code := '00';
    v_decision.reply_authorization_code := coalesce(p_advice.authorization_code,
      cbs.authorization_code(p_record.identity_key, p_record.attempt));
    IF v_is_partial THEN
      v_decision.response_code := '10';
      v_decision.reply_amount_minor := p_advice.amount_minor;
      IF p_record.billing_amount_minor IS NOT NULL AND p_record.billing_currency IS NOT NULL THEN
        v_decision.reply_billing_amount_minor := p_advice.billing_amount_minor;
        v_decision.reply_billing_currency := p_record.billing_currency;
      END IF;
    END IF;
  END IF;
  RETURN v_decision;
END
$$;

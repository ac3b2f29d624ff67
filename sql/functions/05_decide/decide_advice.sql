-- Decides an authorization advice (0120) or a financial advice (0220). It reports what has happened
-- already, so it is never declined: what cannot be booked is recorded with an exception.
--
-- Result       the decision; nothing is written
-- Rows locked  none; the caller holds account and card
-- Callers      cbs.authorize_record
--
-- Exceptions: UNKNOWN_CARD, UNSUPPORTED_TRANSACTION, NO_BILLING_AMOUNT (nothing booked), and those of
-- cbs.force_advice and cbs.settle_advice. Without effect are advices of an inquiry or a verification, and 0120 of a
-- refund or credit, whose money comes with clearing.
CREATE OR REPLACE FUNCTION cbs.decide_advice(
  p_now timestamptz,
  p_record cbs.authorization_record,
  p_account cbs.account,
  p_card cbs.card
) RETURNS cbs.decision
LANGUAGE plpgsql STABLE AS $$
DECLARE
  v_chain cbs.chain;
  v_decision cbs.decision;
  v_amount_minor bigint;
BEGIN
  IF p_account.account_id IS NULL THEN
    v_decision := cbs.join_chain(NULL);
    v_decision.exceptions := ARRAY['UNKNOWN_CARD'];
    RETURN v_decision;
  END IF;
  v_chain := cbs.find_chain(p_record);
  v_decision := cbs.join_chain(v_chain);
  v_amount_minor := cbs.advice_amount(p_record, p_account, v_chain);
  v_decision.billing_amount_minor := v_amount_minor;
  CASE
    WHEN NOT cbs.is_approval(p_record.advice_response_code) THEN
      RETURN cbs.release_by_advice(p_record, v_chain, v_decision);
    WHEN p_record.kind IS NULL THEN
      v_decision.exceptions := ARRAY['UNSUPPORTED_TRANSACTION'];
    WHEN p_record.direction = 'none'
        OR p_record.direction = 'credit' AND p_record.message_class = '0120' THEN
      NULL;
    WHEN v_amount_minor IS NULL THEN
      v_decision.exceptions := ARRAY['NO_BILLING_AMOUNT'];
    WHEN v_chain.chain_id IS NULL OR v_chain.state = 'DECLINED' THEN
      RETURN cbs.force_advice(p_now, p_record, p_card, v_decision);
    ELSE
      RETURN cbs.settle_advice(p_record, v_chain, v_decision);
  END CASE;
  RETURN v_decision;
END
$$;

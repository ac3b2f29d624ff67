-- Decides an authorization advice (0120) or a financial advice (0220). It reports what has happened
-- already, so it is never declined: what cannot be booked is recorded with an exception.
--
-- Result       the decision; nothing is written
-- Rows locked  none; the caller holds account and card
-- Callers      cbs.authorize_batch
--
-- Without effect are advices of an inquiry or a verification, and 0120 of a refund or credit, whose
-- money comes with clearing.
--
-- Exceptions: UNKNOWN_CARD, REVERSED_BEFORE_ORIGINAL (a full reversal came first),
-- UNSUPPORTED_TRANSACTION, NO_BILLING_AMOUNT, all with nothing booked, and those of
-- cbs.settle_advice.
CREATE OR REPLACE FUNCTION cbs.decide_advice(
  p_now timestamptz,
  p_record cbs.authorization_record,
  p_account cbs.account,
  p_card cbs.card
) RETURNS cbs.decision
LANGUAGE plpgsql STABLE AS $$
DECLARE
  v_chain cbs.chain;
  v_decision cbs.decision := cbs.join_chain(NULL);
  v_amount_minor bigint;
  v_final_minor bigint;
BEGIN
  IF p_account.account_id IS NULL THEN
    v_decision.exceptions := ARRAY['UNKNOWN_CARD'];
    RETURN v_decision;
  END IF;
  v_chain := cbs.find_chain(p_now, p_record);
  v_amount_minor := cbs.advice_amount(p_record, p_account, v_chain);
  IF p_card.orphan_until > p_now THEN
    v_final_minor := cbs.earlier_replacement(p_now, p_record, v_amount_minor);
    IF v_final_minor = 0 THEN
      v_decision.chain_state := 'REVERSED';
      v_decision.exceptions := ARRAY['REVERSED_BEFORE_ORIGINAL'];
      RETURN v_decision;
    END IF;
  END IF;
  v_decision := cbs.join_chain(v_chain);
  v_decision.billing_amount_minor := v_amount_minor;
  CASE
    WHEN NOT cbs.is_approval(p_record.advice_response_code) THEN
      RETURN cbs.release_by_advice(v_chain, v_decision);
    WHEN p_record.kind IS NULL THEN
      v_decision.exceptions := ARRAY['UNSUPPORTED_TRANSACTION'];
    WHEN p_record.direction = 'none'
        OR p_record.direction = 'credit' AND p_record.message_class = '0120' THEN
      NULL;
    WHEN v_amount_minor IS NULL THEN
      v_decision.exceptions := ARRAY['NO_BILLING_AMOUNT'];
    WHEN v_chain.chain_id IS NULL THEN
      RETURN cbs.settle_advice(p_record, v_chain, v_decision, least(v_amount_minor, v_final_minor));
    ELSE
      RETURN cbs.settle_advice(p_record, v_chain, v_decision, v_amount_minor);
  END CASE;
  RETURN v_decision;
END
$$;

-- The amounts of a partial approval that the network gave in our place.
--
-- Result       the decision with DE4 of the advice, and its billing amount where the request has
--              one; with code 00 where the advice names no lower amount in the currency of the
--              request
-- Rows locked  none
-- Callers      cbs.answer_from_advice
CREATE OR REPLACE FUNCTION cbs.copy_partial_amount(
  p_record cbs.authorization_record,
  p_advice cbs.operation,
  p_decision cbs.decision
) RETURNS cbs.decision
LANGUAGE plpgsql STABLE AS $$
DECLARE
  v_decision cbs.decision := p_decision;
BEGIN
  IF p_advice.amount_minor < p_record.amount_minor AND p_advice.currency = p_record.currency THEN
    v_decision.reply_amount_minor := p_advice.amount_minor;
    IF p_record.billing_amount_minor IS NOT NULL AND p_record.billing_currency IS NOT NULL THEN
      v_decision.reply_billing_amount_minor := p_advice.billing_amount_minor;
      v_decision.reply_billing_currency := p_record.billing_currency;
    END IF;
  ELSE
    v_decision.response_code := '00';
  END IF;
  RETURN v_decision;
END
$$;

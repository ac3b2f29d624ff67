-- The decision to approve a part: code 10, the approved part in DE4 (and in DE6 and DE51 where the
-- request has them), the original amount in DE54, one entry per currency.
--
-- p_reasons    the amount reasons for which it is not the whole
-- Rows locked  none
-- Callers      cbs.decide_request, which made sure that at least one minor unit is left of DE4
CREATE OR REPLACE FUNCTION cbs.approve_partially(
  p_record cbs.authorization_record,
  p_account cbs.account,
  p_billing_minor bigint,
  p_approved_minor bigint,
  p_final_minor bigint,
  p_reasons text[]
) RETURNS cbs.decision
LANGUAGE plpgsql STABLE AS $$
DECLARE
  v_decision cbs.decision :=
    cbs.approve(p_record, p_account, p_billing_minor, p_approved_minor, p_final_minor);
  v_second_entry text := '';
BEGIN
  v_decision.response_code := '10';
  v_decision.reasons := p_reasons;
  v_decision.reply_amount_minor :=
    div(p_approved_minor::numeric * p_record.amount_minor, p_billing_minor)::bigint;
  IF p_record.billing_amount_minor IS NOT NULL AND p_record.billing_currency IS NOT NULL THEN
    v_decision.reply_billing_amount_minor := p_approved_minor;
    v_decision.reply_billing_currency := p_account.currency;
  END IF;
  IF p_record.currency IS DISTINCT FROM p_account.currency THEN
    v_second_entry := cbs.additional_amount(
      p_record.processing_code, '57', p_account.currency, p_billing_minor);
  END IF;
  v_decision.additional_amounts := coalesce(cbs.additional_amount(
    p_record.processing_code, '57', p_record.currency, p_record.amount_minor), '')
    || v_second_entry;
  RETURN v_decision;
END
$$;

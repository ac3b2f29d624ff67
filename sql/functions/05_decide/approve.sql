-- The decision to approve a request in full.
--
-- p_billing_minor   requested amount in the currency of the account
-- p_approved_minor  approved amount: the hold (0100), or the posting (0200)
-- p_final_minor     what a pending replacement leaves of it at most; null where there is none
-- Result       the decision; a verification or inquiry has no effect, a refund asked for by 0100
--              neither: its money comes with clearing
-- Rows locked  none
-- Callers      cbs.decide_request, cbs.approve_partially
CREATE OR REPLACE FUNCTION cbs.approve(
  p_record cbs.authorization_record,
  p_account cbs.account,
  p_billing_minor bigint,
  p_approved_minor bigint,
  p_final_minor bigint
) RETURNS cbs.decision
LANGUAGE plpgsql STABLE AS $$
DECLARE
  v_decision cbs.decision;
  v_effect_minor bigint := least(p_approved_minor, p_final_minor);
BEGIN
  v_decision.response_code := '00';
  v_decision.reasons := '{}';
  v_decision.ledger_delta_minor := 0;
  v_decision.held_delta_minor := 0;
  v_decision.chain_state := 'RECORDED';
  CASE
    WHEN p_record.kind = 'verification' THEN
      v_decision.response_code := cbs.verification_code(p_record.network);
    WHEN p_record.kind = 'inquiry' THEN
      v_decision.additional_amounts :=
        cbs.additional_amount(p_record.processing_code, '01', p_account.currency,
          p_account.ledger_minor)
        || cbs.additional_amount(p_record.processing_code, '02', p_account.currency,
          p_account.ledger_minor - p_account.held_minor + p_account.overdraft_minor);
    WHEN p_record.message_class = '0200' THEN
      v_decision.billing_amount_minor := p_billing_minor;
      v_decision.chain_state := 'CLEARED';
      v_decision.ledger_delta_minor :=
        CASE WHEN p_record.direction = 'credit' THEN v_effect_minor ELSE -v_effect_minor END;
    WHEN p_record.direction = 'credit' THEN
      v_decision.billing_amount_minor := p_billing_minor;
    ELSE
      v_decision.billing_amount_minor := p_billing_minor;
      v_decision.chain_state := 'PENDING';
      v_decision.held_delta_minor := v_effect_minor;
  END CASE;
  IF v_decision.response_code <> '85' THEN
    v_decision.reply_authorization_code :=
      cbs.authorization_code(p_record.identity_key, p_record.attempt);
  END IF;
  RETURN v_decision;
END
$$;

-- The decision to decline, for reasons that stand alone or that are complete.
--
-- p_billing_minor  requested amount in the currency of the account, null if unknown
-- Result       a decision without effect, of a chain of its own
-- Rows locked  none
-- Callers      cbs.authorize_batch, cbs.decide_request, cbs.decide_reversal
CREATE OR REPLACE FUNCTION cbs.decline(
  p_record cbs.authorization_record,
  p_reasons text[],
  p_billing_minor bigint
) RETURNS cbs.decision
LANGUAGE plpgsql STABLE AS $$
DECLARE
  v_decision cbs.decision;
BEGIN
  v_decision.response_code := (cbs.pick_response(p_record.network, p_reasons)).response_code;
  v_decision.reasons := p_reasons;
  v_decision.billing_amount_minor := p_billing_minor;
  v_decision.chain_state := 'DECLINED';
  v_decision.ledger_delta_minor := 0;
  v_decision.held_delta_minor := 0;
  RETURN v_decision;
END
$$;

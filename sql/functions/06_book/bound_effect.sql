-- Marks a decision that leaves the account below zero, and stops one that no column could hold.
--
-- Only forced operations get that far: a request is refused before. Two balances within these
-- limits, and an operation of twelve digits, cannot overflow together.
--
-- Rows locked  none; the caller holds account and card
-- Callers      cbs.book
CREATE OR REPLACE FUNCTION cbs.bound_effect(
  p_account cbs.account,
  p_card cbs.card,
  p_decision cbs.decision
) RETURNS cbs.decision
LANGUAGE plpgsql STABLE AS $$
DECLARE
  v_decision cbs.decision := p_decision;
BEGIN
  IF abs(p_account.ledger_minor) > 3999990000000000000
      AND v_decision.ledger_delta_minor <> 0
      OR p_account.held_minor > 4099990000000000000 AND v_decision.held_delta_minor > 0
      OR p_card.window_total_minor > 8999990000000000000 THEN
    v_decision.exceptions := v_decision.exceptions || 'BALANCE_OVERFLOW'::text;
    v_decision.ledger_delta_minor := 0;
    v_decision.held_delta_minor := 0;
  ELSIF v_decision.ledger_delta_minor < v_decision.held_delta_minor
      AND p_account.ledger_minor + v_decision.ledger_delta_minor - p_account.held_minor
          - v_decision.held_delta_minor + p_account.overdraft_minor < 0 THEN
    v_decision.exceptions := v_decision.exceptions || 'NEGATIVE_BALANCE'::text;
  END IF;
  RETURN v_decision;
END
$$;

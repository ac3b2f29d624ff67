-- An advice that says "declined": what we had approved for that chain is released.
--
-- Only the approval of a request is ours to release: a hold becomes 0, a posting by 0200 is taken
-- back. The chain then counts as reversed, so that the approval is not given out again.
--
-- Rows locked  none
-- Callers      cbs.decide_advice
CREATE OR REPLACE FUNCTION cbs.release_by_advice(
  p_chain cbs.chain,
  p_decision cbs.decision
) RETURNS cbs.decision
LANGUAGE plpgsql STABLE AS $$
DECLARE
  v_decision cbs.decision := p_decision;
BEGIN
  IF p_chain.state = 'PENDING' AND p_chain.root_class IN ('0100', '0200') THEN
    v_decision.held_delta_minor := -p_chain.held_minor;
    v_decision.chain_state := 'REVERSED';
  ELSIF p_chain.state = 'CLEARED' AND p_chain.root_class = '0200' THEN
    v_decision.ledger_delta_minor := p_chain.posted_minor;
    v_decision.chain_state := 'REVERSED';
  END IF;
  RETURN v_decision;
END
$$;

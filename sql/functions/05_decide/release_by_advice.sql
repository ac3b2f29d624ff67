-- An advice that says "declined": what we had approved for that chain is released.
--
-- A hold becomes 0; a posting by 0200 is taken back by an advice of its kind (0220). The chain then
-- counts as reversed, so that the approval is not given out again.
--
-- Rows locked  none
-- Callers      cbs.decide_advice
CREATE OR REPLACE FUNCTION cbs.release_by_advice(
  p_record cbs.authorization_record,
  p_chain cbs.chain,
  p_decision cbs.decision
) RETURNS cbs.decision
LANGUAGE plpgsql STABLE AS $$
DECLARE
  v_decision cbs.decision := p_decision;
BEGIN
  IF p_chain.state = 'PENDING' THEN
    v_decision.held_delta_minor := -p_chain.held_minor;
    v_decision.chain_state := 'REVERSED';
  ELSIF p_chain.state = 'CLEARED' AND p_chain.root_class = '0200'
      AND p_record.message_class = '0220' THEN
    v_decision.ledger_delta_minor := p_chain.posted_minor;
    v_decision.chain_state := 'REVERSED';
  END IF;
  RETURN v_decision;
END
$$;

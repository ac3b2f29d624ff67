-- A decision without effect that belongs to an existing chain and keeps its state.
--
-- Rows locked  none
-- Callers      cbs.reverse_chain, cbs.decide_advice, cbs.answer_from_advice,
--              cbs.void_operation
CREATE OR REPLACE FUNCTION cbs.join_chain(p_chain cbs.chain) RETURNS cbs.decision
LANGUAGE plpgsql STABLE AS $$
DECLARE
  v_decision cbs.decision;
BEGIN
  v_decision.chain_id := p_chain.chain_id;
  v_decision.chain_root_at := p_chain.root_at;
  v_decision.chain_kind := p_chain.kind;
  v_decision.chain_state := coalesce(p_chain.state, 'RECORDED');
  v_decision.match_rung := p_chain.match_rung;
  v_decision.response_code := '00';
  v_decision.reasons := '{}';
  v_decision.exceptions := '{}';
  v_decision.ledger_delta_minor := 0;
  v_decision.held_delta_minor := 0;
  RETURN v_decision;
END
$$;

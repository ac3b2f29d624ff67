-- An approved advice of a chain that we know: it states the final amount, and nothing is added up.
--
-- 0120 sets the hold to the amount; 0220 sets the posting to the amount and releases the rest. So a
-- stand-in advice of what we approved too changes nothing, and a second completion corrects the
-- first. An amount of 0 is a full release.
--
-- Exceptions   OVER_COMPLETION (more than was held), REOPENED (it was reversed, voided or expired),
--              DUPLICATE_COMPLETION (posted before by an advice), LATE_ADVICE (0120 of a chain that is
--              posted; no effect), FORCED_HOLD or FORCE_POST (the chain had been recorded only)
-- Rows locked  none
-- Callers      cbs.decide_advice
CREATE OR REPLACE FUNCTION cbs.settle_advice(
  p_record cbs.authorization_record,
  p_chain cbs.chain,
  p_decision cbs.decision
) RETURNS cbs.decision
LANGUAGE plpgsql STABLE AS $$
DECLARE
  v_decision cbs.decision := p_decision;
  v_amount_minor bigint := p_decision.billing_amount_minor;
  v_is_posting boolean := p_record.message_class = '0220';
BEGIN
  IF NOT v_is_posting AND p_chain.state = 'CLEARED' THEN
    v_decision.exceptions := ARRAY['LATE_ADVICE'];
    RETURN v_decision;
  END IF;
  v_decision.exceptions := array_remove(ARRAY[
    CASE WHEN p_chain.state IN ('REVERSED', 'VOIDED', 'EXPIRED') AND v_amount_minor > 0
      THEN 'REOPENED' END,
    CASE WHEN p_chain.state = 'RECORDED' AND v_is_posting THEN 'FORCE_POST' END,
    CASE WHEN p_chain.state = 'RECORDED' AND NOT v_is_posting THEN 'FORCED_HOLD' END,
    CASE WHEN p_chain.state = 'CLEARED' AND p_chain.root_class <> '0200'
      THEN 'DUPLICATE_COMPLETION' END,
    CASE WHEN p_chain.state = 'PENDING' AND v_amount_minor > p_chain.held_minor
      THEN 'OVER_COMPLETION' END
  ], NULL);
  IF v_is_posting THEN
    v_decision.held_delta_minor := -p_chain.held_minor;
    v_decision.ledger_delta_minor := p_chain.posted_minor
      - CASE WHEN p_record.direction = 'credit' THEN -v_amount_minor
             ELSE v_amount_minor END;
    v_decision.chain_state := 'CLEARED';
  ELSE
    v_decision.held_delta_minor :=
      greatest(0, v_amount_minor - p_chain.posted_minor) - p_chain.held_minor;
    v_decision.chain_state := 'PENDING';
  END IF;
  IF v_amount_minor = 0 THEN
    v_decision.chain_state := 'REVERSED';
  END IF;
  RETURN v_decision;
END
$$;

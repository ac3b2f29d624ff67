-- An approved advice states the final amount of its chain; nothing is added up.
--
-- 0120 sets the hold to the amount; 0220 sets the posting to the amount and releases the rest. So a
-- stand-in advice of what we approved too changes nothing, and a second completion corrects the
-- first. An amount of 0 is a full release: the chain is reversed, and its approval is not given out
-- again. Whatever the state of card and account, and whatever funds and limits say.
--
-- p_chain          chain_id null where the advice starts a chain of its own
-- p_amount_minor   in the currency of the account, 0 or more
-- Exceptions   FORCED_HOLD, FORCE_POST (no approval of ours), REOPENED (reversed or expired
--              before), OVER_COMPLETION (more than was held), DUPLICATE_COMPLETION (posted by an
--              advice before), LATE_ADVICE (0120 of what is posted: no effect)
-- Rows locked  none
-- Callers      cbs.decide_advice
CREATE OR REPLACE FUNCTION cbs.settle_advice(
  p_record cbs.authorization_record,
  p_chain cbs.chain,
  p_decision cbs.decision,
  p_amount_minor bigint
) RETURNS cbs.decision
LANGUAGE plpgsql STABLE AS $$
DECLARE
  v_decision cbs.decision := p_decision;
  v_held_minor bigint := coalesce(p_chain.held_minor, 0);
  v_posted_minor bigint := coalesce(p_chain.posted_minor, 0);
  v_state text := coalesce(p_chain.state, 'RECORDED');
  v_is_posting boolean := p_record.message_class = '0220';
BEGIN
  IF NOT v_is_posting AND v_posted_minor <> 0 THEN
    v_decision.exceptions := ARRAY['LATE_ADVICE'];
    RETURN v_decision;
  END IF;
  v_decision.exceptions := array_remove(ARRAY[
    CASE WHEN v_state IN ('RECORDED', 'DECLINED')
      THEN CASE WHEN v_is_posting THEN 'FORCE_POST' ELSE 'FORCED_HOLD' END END,
    CASE WHEN v_state IN ('REVERSED', 'EXPIRED') THEN 'REOPENED' END,
    CASE WHEN v_state = 'PENDING' AND p_amount_minor > v_held_minor THEN 'OVER_COMPLETION' END,
    CASE WHEN v_state = 'CLEARED' AND p_chain.root_class <> '0200' THEN 'DUPLICATE_COMPLETION' END
  ], NULL);
  IF v_is_posting THEN
    v_decision.held_delta_minor := -v_held_minor;
    v_decision.ledger_delta_minor := v_posted_minor
      - CASE WHEN p_record.direction = 'credit' THEN -p_amount_minor ELSE p_amount_minor END;
    v_decision.chain_state := 'CLEARED';
  ELSE
    v_decision.held_delta_minor := p_amount_minor - v_held_minor;
    v_decision.chain_state := 'PENDING';
  END IF;
  IF p_amount_minor = 0 THEN
    v_decision.chain_state := 'REVERSED';
  END IF;
  RETURN v_decision;
END
$$;

-- What a reversal does to the chain that it names.
--
-- p_chain      the state before
-- Result       the decision; nothing is written
-- Rows locked  none; the caller holds account and card
-- Callers      cbs.decide_reversal
--
-- Answered 00 exactly where no unwanted hold or debit of the original remains or can appear. Posted
-- by 02xx (as DE90 says, or else as the root of the chain was): a contra entry. Posted otherwise:
-- too late, the merchant owes a refund. A chain that is reversed, expired or declined stays as it is,
-- also under a replacement: only an advice can reopen a chain. An approval without effect (a refund,
-- a verification) counts as reversed, so that it is not given out again.
--
-- Exceptions   OVER_REPLACEMENT (more than there is: no effect), LATE_REVERSAL, NOOP
CREATE OR REPLACE FUNCTION cbs.reverse_chain(
  p_record cbs.authorization_record,
  p_chain cbs.chain
) RETURNS cbs.decision
LANGUAGE plpgsql STABLE AS $$
DECLARE
  v_decision cbs.decision;
  v_final_minor bigint := coalesce(cbs.replacement_amount(
    p_record.replacement_amount_minor, p_record.replacement_billing_amount_minor,
    p_chain.rate_amount_minor, p_chain.rate_billing_amount_minor), 0);
  v_posted_minor bigint := abs(p_chain.posted_minor);
  v_is_request boolean := p_record.message_class = '0400';
  v_is_contra boolean :=
    left(coalesce(p_record.original_message_type, p_chain.root_class), 2) = '02';
BEGIN
  v_decision := cbs.join_chain(p_chain);
  CASE
    WHEN p_chain.state NOT IN ('PENDING', 'PARTIALLY_CLEARED', 'CLEARED') THEN
      IF p_chain.state = 'RECORDED' AND v_final_minor = 0 THEN
        v_decision.chain_state := 'REVERSED';
      END IF;
      RETURN v_decision;
    WHEN v_final_minor > greatest(p_chain.held_minor, v_posted_minor) THEN
      v_decision.exceptions := ARRAY['OVER_REPLACEMENT'];
      v_decision.response_code := CASE WHEN v_is_request THEN '13' ELSE '00' END;
      RETURN v_decision;
    WHEN v_posted_minor > 0 AND v_is_contra THEN
      v_decision.held_delta_minor := -p_chain.held_minor;
      v_decision.ledger_delta_minor :=
        sign(p_chain.posted_minor)::bigint * (v_posted_minor - v_final_minor);
    WHEN v_posted_minor > 0 AND p_chain.held_minor = 0 THEN
      v_decision.exceptions := ARRAY['LATE_REVERSAL'];
      v_decision.response_code := CASE WHEN v_is_request THEN '21' ELSE '00' END;
      RETURN v_decision;
    ELSE
      v_decision.held_delta_minor := least(
        p_chain.held_minor, greatest(0, v_final_minor - v_posted_minor)) - p_chain.held_minor;
  END CASE;
  IF v_decision.held_delta_minor = 0 AND v_decision.ledger_delta_minor = 0 THEN
    v_decision.exceptions := ARRAY['NOOP'];
  END IF;
  IF v_final_minor = 0 AND p_chain.posted_minor = v_decision.ledger_delta_minor THEN
    v_decision.chain_state := 'REVERSED';
  END IF;
  RETURN v_decision;
END
$$;

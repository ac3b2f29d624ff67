-- What a reversal does to the chain that it names.
--
-- p_chain      the state before
-- Result       the decision; nothing is written
-- Rows locked  none; the caller holds account and card
-- Callers      cbs.decide_reversal
--
-- Answered 00 exactly where no unwanted hold or debit of the original remains or can appear. A
-- pending chain keeps the replacement amount as its hold, or nothing. A chain that was posted by
-- 02xx gets a contra entry, the same day or not, if the original is 02xx (as DE90 says, or else the
-- root of the chain): taking back the 0100 before it is too late, and the merchant owes a refund.
-- Any other chain stays as it is, also under a replacement: only an advice can reopen a chain.
--
-- Exceptions   OVER_REPLACEMENT (more than there is, or not to be scaled: no effect),
--              LATE_REVERSAL, NOOP
CREATE OR REPLACE FUNCTION cbs.reverse_chain(
  p_record cbs.authorization_record,
  p_chain cbs.chain
) RETURNS cbs.decision
LANGUAGE plpgsql STABLE AS $$
DECLARE
  v_decision cbs.decision := cbs.join_chain(p_chain);
  v_current_minor bigint := CASE WHEN p_chain.state = 'PENDING' THEN p_chain.held_minor
                                 ELSE abs(p_chain.posted_minor) END;
  v_final_minor bigint := cbs.replacement_amount(
    p_record.replacement_amount_minor, p_record.replacement_billing_amount_minor,
    p_chain.rate_amount_minor, p_chain.rate_billing_amount_minor);
BEGIN
  IF p_chain.state NOT IN ('PENDING', 'CLEARED') THEN
    RETURN v_decision;
  END IF;
  IF v_final_minor IS NULL OR v_final_minor > v_current_minor THEN
    v_decision.exceptions := ARRAY['OVER_REPLACEMENT'];
    v_decision.response_code := CASE p_record.message_class WHEN '0400' THEN '13' ELSE '00' END;
    RETURN v_decision;
  END IF;
  IF p_chain.posted_minor <> 0 AND
      left(coalesce(p_record.original_message_type, p_chain.root_class), 2) <> '02' THEN
    v_decision.exceptions := ARRAY['LATE_REVERSAL'];
    v_decision.response_code := CASE p_record.message_class WHEN '0400' THEN '21' ELSE '00' END;
    RETURN v_decision;
  END IF;
  IF p_chain.state = 'PENDING' THEN
    v_decision.held_delta_minor := v_final_minor - p_chain.held_minor;
  ELSE
    v_decision.ledger_delta_minor :=
      sign(p_chain.posted_minor)::bigint * (v_current_minor - v_final_minor);
  END IF;
  IF v_final_minor = 0 THEN
    v_decision.chain_state := 'REVERSED';
  END IF;
  IF v_final_minor = v_current_minor THEN
    v_decision.exceptions := ARRAY['NOOP'];
  END IF;
  RETURN v_decision;
END
$$;

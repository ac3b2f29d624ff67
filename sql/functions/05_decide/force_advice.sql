-- An approved advice of a chain that has no approval of ours: a forced hold (0120) or a force post
-- (0220), whatever the state of card and account and whatever funds and limits say.
--
-- A reversal that came before it takes effect at once: full, nothing is booked
-- (REVERSED_BEFORE_ORIGINAL); with a replacement, at most that amount.
--
-- Exceptions   FORCED_HOLD, FORCE_POST, REVERSED_BEFORE_ORIGINAL
-- Rows locked  none; the caller holds account and card
-- Callers      cbs.decide_advice
CREATE OR REPLACE FUNCTION cbs.force_advice(
  p_now timestamptz,
  p_record cbs.authorization_record,
  p_card cbs.card,
  p_decision cbs.decision
) RETURNS cbs.decision
LANGUAGE plpgsql STABLE AS $$
DECLARE
  v_decision cbs.decision := p_decision;
  v_amount_minor bigint := p_decision.billing_amount_minor;
  v_final_minor bigint;
BEGIN
  IF p_card.orphan_until > p_now THEN
    v_final_minor := cbs.earlier_replacement(p_now, p_record, v_amount_minor);
    IF v_final_minor = 0 THEN
      v_decision.chain_state := 'REVERSED';
      v_decision.exceptions := ARRAY['REVERSED_BEFORE_ORIGINAL'];
      RETURN v_decision;
    END IF;
    v_amount_minor := least(v_amount_minor, v_final_minor);
  END IF;
  IF p_record.message_class = '0220' THEN
    v_decision.ledger_delta_minor :=
      CASE WHEN p_record.direction = 'credit' THEN v_amount_minor ELSE -v_amount_minor END;
    v_decision.chain_state := 'CLEARED';
    v_decision.exceptions := ARRAY['FORCE_POST'];
  ELSIF v_amount_minor > 0 THEN
    v_decision.held_delta_minor := v_amount_minor;
    v_decision.chain_state := 'PENDING';
    v_decision.exceptions := ARRAY['FORCED_HOLD'];
  END IF;
  RETURN v_decision;
END
$$;

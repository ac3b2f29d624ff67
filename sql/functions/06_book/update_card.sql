-- Brings the counters of a card up to date after a decision; writes only where something changed.
--
-- A chain counts at the time of its root: a change of a chain that has left the window changes no
-- counter. An advice sets orphan_until for the 45 days in which its request may still come, an
-- unmatched reversal for its ten days: requests of the card look for such messages until then.
--
-- Rows locked  none of its own; writes card
-- Callers      cbs.book
CREATE OR REPLACE FUNCTION cbs.update_card(
  p_now timestamptz,
  p_record cbs.authorization_record,
  p_card cbs.card,
  p_is_window_moved boolean,
  p_decision cbs.decision,
  p_limit_delta_minor bigint
) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  v_is_counted boolean :=
    p_limit_delta_minor <> 0 AND p_decision.chain_root_at > p_card.window_start_at;
  v_orphan_until timestamptz := p_now + CASE
    WHEN p_record.message_class IN ('0120', '0220') THEN interval '1080 hours'
    WHEN 'REVERSAL_UNMATCHED' = ANY (p_decision.exceptions) THEN interval '240 hours'
  END;
  v_delta_minor bigint := CASE WHEN v_is_counted THEN p_limit_delta_minor ELSE 0 END;
BEGIN
  IF v_is_counted OR v_orphan_until IS NOT NULL OR p_is_window_moved THEN
    UPDATE cbs.card c
       SET window_start_at = p_card.window_start_at,
           window_next_at = CASE WHEN v_is_counted
             THEN least(p_card.window_next_at, p_decision.chain_root_at)
             ELSE p_card.window_next_at END,
           window_total_minor = p_card.window_total_minor + v_delta_minor,
           window_cash_minor = p_card.window_cash_minor
             + CASE WHEN p_decision.chain_kind = 'cash' THEN v_delta_minor ELSE 0 END,
           orphan_until = greatest(p_card.orphan_until, v_orphan_until)
     WHERE c.card_token = p_card.card_token;
  END IF;
END
$$;

-- Brings the counters of a card up to date after a decision; writes only where something changed.
--
-- A chain counts at the time of its root: a change of a chain that has left the window changes no
-- counter. A follow-up without an original sets orphan_until for ten days: until then requests of
-- the card look for what came before them.
--
-- Result       whether something changed
-- Rows locked  none of its own; writes card
-- Callers      cbs.book
CREATE OR REPLACE FUNCTION cbs.update_card(
  p_now timestamptz,
  p_record cbs.authorization_record,
  p_card cbs.card,
  p_is_window_moved boolean,
  p_decision cbs.decision,
  p_limit_delta_minor bigint
) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
  v_is_counted boolean :=
    p_limit_delta_minor <> 0 AND p_decision.chain_root_at > p_card.window_start_at;
  v_is_orphan boolean := p_record.message_class IN ('0120', '0220', '0400', '0420')
    AND p_decision.match_rung IS NULL;
  v_delta_minor bigint := CASE WHEN v_is_counted THEN p_limit_delta_minor ELSE 0 END;
BEGIN
  IF v_is_counted OR v_is_orphan OR p_is_window_moved THEN
    UPDATE cbs.card c
       SET window_start_at = p_card.window_start_at,
           window_next_at = CASE WHEN v_is_counted
             THEN least(p_card.window_next_at, p_decision.chain_root_at)
             ELSE p_card.window_next_at END,
           window_total_minor = p_card.window_total_minor + v_delta_minor,
           window_cash_minor = p_card.window_cash_minor
             + CASE WHEN p_decision.chain_kind = 'cash' THEN v_delta_minor ELSE 0 END,
           orphan_until = CASE WHEN v_is_orphan
             THEN greatest(p_card.orphan_until, p_now + interval '240 hours')
             ELSE p_card.orphan_until END
     WHERE c.card_token = p_card.card_token;
    RETURN true;
  END IF;
  RETURN false;
END
$$;

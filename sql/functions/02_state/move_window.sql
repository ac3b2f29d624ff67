-- Moves the rolling window of a card so that it starts 30 x 24 hours before p_now.
--
-- p_now        the clock; it may also go back
-- p_card       the locked card
-- Result       the card with new window columns, not written yet
-- Rows locked  none; the caller holds the card
-- Callers      cbs.authorize_batch, only when the window start has reached a root
--
-- Only chains whose root lies between the old start and the new one are read: each chain enters
-- once and leaves once, however many decisions there are.
CREATE OR REPLACE FUNCTION cbs.move_window(
  p_now timestamptz,
  p_card cbs.card
) RETURNS cbs.card
LANGUAGE plpgsql STABLE AS $$
DECLARE
  v_card cbs.card := p_card;
  v_start timestamptz := p_now - interval '720 hours';
  v_sign integer := CASE WHEN v_start > p_card.window_start_at THEN -1 ELSE 1 END;
  v_total bigint;
  v_cash bigint;
BEGIN
  SELECT coalesce(sum(o.limit_delta_minor), 0),
         coalesce(sum(o.limit_delta_minor) FILTER (WHERE o.chain_kind = 'cash'), 0)
    INTO v_total, v_cash
    FROM cbs.operation o
   WHERE o.card_token = p_card.card_token
     AND o.chain_root_at > least(v_start, p_card.window_start_at)
     AND o.chain_root_at <= greatest(v_start, p_card.window_start_at);
  v_card.window_start_at := v_start;
  v_card.window_total_minor := v_card.window_total_minor + v_sign * v_total;
  v_card.window_cash_minor := v_card.window_cash_minor + v_sign * v_cash;
  SELECT o.chain_root_at
    INTO v_card.window_next_at
    FROM cbs.operation o
   WHERE o.card_token = p_card.card_token AND o.chain_root_at > v_start
   ORDER BY o.chain_root_at
   LIMIT 1;
  v_card.window_next_at := coalesce(v_card.window_next_at, 'infinity');
  RETURN v_card;
END
$$;

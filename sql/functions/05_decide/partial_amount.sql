-- The largest debit that funds and rolling limit still allow. Below 1: none.
--
-- Rows locked  none; the caller holds account and card
-- Callers      cbs.decide_request, after all reasons have been found to be amount reasons
CREATE OR REPLACE FUNCTION cbs.partial_amount(
  p_account cbs.account,
  p_card cbs.card
) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT least(p_account.ledger_minor - p_account.held_minor + p_account.overdraft_minor,
               p_card.rolling_limit_minor - p_card.window_total_minor)
$$;

-- Writes what was booked: the operations, the accounts, the cards. The only place that does.
--
-- p_operations  rows to append to the log
-- p_accounts, p_cards  rows as they are to be; only what differs is written
-- Result       the operations that are left to write: none
-- Rows locked  none of its own, the caller holds accounts and cards; writes operation, account,
--              card
-- Callers      cbs.authorize_batch, cbs.void_operation
CREATE OR REPLACE FUNCTION cbs.write_batch(
  p_operations cbs.operation[],
  p_accounts cbs.account[],
  p_cards cbs.card[]
) RETURNS cbs.operation[]
LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO cbs.operation SELECT o.* FROM unnest(p_operations) AS o;
  UPDATE cbs.account a
     SET ledger_minor = n.ledger_minor, held_minor = n.held_minor
    FROM unnest(p_accounts) AS n
   WHERE a.account_id = n.account_id
     AND (a.ledger_minor <> n.ledger_minor OR a.held_minor <> n.held_minor);
  UPDATE cbs.card c
     SET window_start_at = n.window_start_at, window_next_at = n.window_next_at,
         window_total_minor = n.window_total_minor, window_cash_minor = n.window_cash_minor,
         orphan_until = n.orphan_until
    FROM unnest(p_cards) AS n
   WHERE c.card_token = n.card_token
     AND (c.window_total_minor <> n.window_total_minor
          OR c.window_cash_minor <> n.window_cash_minor
          OR c.window_start_at <> n.window_start_at OR c.window_next_at <> n.window_next_at
          OR c.orphan_until <> n.orphan_until);
  RETURN '{}';
END
$$;

-- Compares every balance and counter with the operation log it must follow from.
--
-- Result       empty where all agree; otherwise the account and what is wrong
-- Rows locked  none; one statement, so it sees one moment
-- Callers      operators, every test
CREATE OR REPLACE FUNCTION cbs_api.check_v1() RETURNS TABLE (account_id bigint, problem text)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, cbs, pg_temp
AS $$
  WITH total AS (
    SELECT o.account_id, sum(o.ledger_delta_minor) AS ledger, sum(o.held_delta_minor) AS held
      FROM cbs.operation o
     GROUP BY o.account_id
  ), chain AS (
    SELECT o.account_id, o.card_token, o.chain_id, sum(o.held_delta_minor) AS held,
           count(DISTINCT (o.chain_root_at, o.chain_kind)) AS roots
      FROM cbs.operation o
     GROUP BY o.account_id, o.card_token, o.chain_id
  ), counter AS (
    SELECT c.account_id, c.card_token, c.window_total_minor, c.window_cash_minor,
           coalesce(sum(o.limit_delta_minor), 0) AS total,
           coalesce(sum(o.limit_delta_minor) FILTER (WHERE o.chain_kind = 'cash'), 0) AS cash,
           coalesce(bool_or(o.limit_delta_minor <> 0
                            AND o.chain_root_at < c.window_next_at), false) AS is_early
      FROM cbs.card c
      LEFT JOIN cbs.operation o
        ON o.card_token = c.card_token AND o.chain_root_at > c.window_start_at
     GROUP BY c.account_id, c.card_token
  )
  SELECT a.account_id, format('ledger is %s, its operations give %s', a.ledger_minor,
                              coalesce(t.ledger, 0))
    FROM cbs.account a LEFT JOIN total t USING (account_id)
   WHERE a.ledger_minor <> coalesce(t.ledger, 0)
  UNION ALL
  SELECT a.account_id, format('held is %s, its operations give %s', a.held_minor,
                              coalesce(t.held, 0))
    FROM cbs.account a LEFT JOIN total t USING (account_id)
   WHERE a.held_minor <> coalesce(t.held, 0)
  UNION ALL
  SELECT h.account_id, format('chain %s holds %s', h.chain_id, h.held)
    FROM chain h WHERE h.held < 0
  UNION ALL
  SELECT h.account_id, format('chain %s has more than one root', h.chain_id)
    FROM chain h WHERE h.roots > 1
  UNION ALL
  SELECT w.account_id, format('window counters are %s and %s, its operations give %s and %s',
                              w.window_total_minor, w.window_cash_minor, w.total, w.cash)
    FROM counter w
   WHERE w.window_total_minor <> w.total OR w.window_cash_minor <> w.cash OR w.is_early
$$;

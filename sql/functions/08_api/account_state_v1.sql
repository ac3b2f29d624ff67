-- Balances of an account.
--
-- Result       one row, or none; available_minor = ledger_minor - held_minor + overdraft_minor
-- Rows locked  none
-- Callers      operators, the simulator and tests
CREATE OR REPLACE FUNCTION cbs_api.account_state_v1(p_account_id bigint) RETURNS TABLE (
  currency text,
  ledger_minor bigint,
  held_minor bigint,
  overdraft_minor bigint,
  available_minor bigint,
  status text
)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, cbs, pg_temp
AS $$
#variable_conflict error
BEGIN
  RETURN QUERY
  SELECT a.currency, a.ledger_minor, a.held_minor, a.overdraft_minor,
         a.ledger_minor - a.held_minor + a.overdraft_minor, a.status
    FROM cbs.account a
   WHERE a.account_id = p_account_id;
END
$$;

-- Whether the amounts of a request are amounts: one to twelve digits, above zero, and room for a
-- credit on the account.
--
-- p_billing_minor  amount in the currency of the account; null is no objection here
-- Rows locked  none
-- Callers      cbs.collect_reasons
CREATE OR REPLACE FUNCTION cbs.is_amount_right(
  p_record cbs.authorization_record,
  p_account cbs.account,
  p_billing_minor bigint
) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
  RETURN coalesce(p_record.amount_minor BETWEEN 1 AND 999999999999, false)
    AND coalesce(p_billing_minor BETWEEN 1 AND 999999999999, true)
    AND NOT (p_record.direction = 'credit'
             AND coalesce(p_account.ledger_minor > 3999990000000000000, false));
END
$$;

-- Amount of an advice in the currency of the account: DE6, or DE4 in that currency, or DE4 scaled
-- by the rate of its chain, rounded half up.
--
-- Result       null where the advice gives no such amount, or one of more than twelve digits
-- Rows locked  none
-- Callers      cbs.decide_advice
CREATE OR REPLACE FUNCTION cbs.advice_amount(
  p_record cbs.authorization_record,
  p_account cbs.account,
  p_chain cbs.chain
) RETURNS bigint
LANGUAGE plpgsql STABLE AS $$
DECLARE
  v_amount_minor bigint := cbs.billing_amount(p_record, p_account.currency);
BEGIN
  IF v_amount_minor IS NULL AND coalesce(p_record.currency = p_chain.rate_currency, true)
      AND p_record.amount_minor BETWEEN 0 AND 999999999999 THEN
    v_amount_minor := cbs.scale_amount(
      p_record.amount_minor, p_chain.rate_billing_amount_minor, p_chain.rate_amount_minor);
  END IF;
  RETURN CASE WHEN v_amount_minor BETWEEN 0 AND 999999999999 THEN v_amount_minor END;
END
$$;

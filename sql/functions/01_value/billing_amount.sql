-- Amount of a record in the currency of the account.
--
-- DE6 where DE51 comes with it, and then DE51 must be the currency of the account: a message that
-- names another one contradicts itself, and DE4 is not taken instead. Without DE6 or DE51: DE4,
-- where DE49 is the currency of the account.
--
-- Result       null where the message gives no such amount; otherwise unchecked
-- Rows locked  none
-- Callers      cbs.decide_request, cbs.advice_amount
CREATE OR REPLACE FUNCTION cbs.billing_amount(
  p_record cbs.authorization_record,
  p_currency text
) RETURNS bigint
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
  RETURN CASE
    WHEN p_record.billing_amount_minor IS NOT NULL AND p_record.billing_currency IS NOT NULL
      THEN CASE WHEN p_record.billing_currency = p_currency THEN p_record.billing_amount_minor END
    WHEN p_record.currency = p_currency THEN p_record.amount_minor
  END;
END
$$;

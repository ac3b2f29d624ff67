-- One entry of DE54: account type, amount type, currency, sign, twelve digits.
--
-- p_processing_code  DE3; its positions 3-4 are the account type, 00 where they are no digits
-- p_amount_type      01 ledger, 02 available, 57 original amount
-- p_currency         three digits; anything else gives null
-- p_amount_minor     its sign becomes C or D; more than twelve digits are shown as all nines
-- Result             20 characters
-- Rows locked        none
-- Callers            cbs.approve, cbs.approve_partially
CREATE OR REPLACE FUNCTION cbs.additional_amount(
  p_processing_code text,
  p_amount_type text,
  p_currency text,
  p_amount_minor bigint
) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN p_currency ~ '^[0-9]{3}$' THEN
    CASE WHEN substr(p_processing_code, 3, 2) ~ '^[0-9]{2}$'
      THEN substr(p_processing_code, 3, 2) ELSE '00' END
    || p_amount_type
    || p_currency
    || CASE WHEN p_amount_minor < 0 THEN 'D' ELSE 'C' END
    || lpad(least(abs(p_amount_minor), 999999999999)::text, 12, '0') END
$$;

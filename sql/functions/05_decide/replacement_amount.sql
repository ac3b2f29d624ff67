-- The amount, in the currency of the account, that a reversal leaves of its original (DE95): the
-- new total, never the difference. 0 is a full reversal.
--
-- p_replacement_minor          DE95 positions 1-12; null or 0 makes it full, whatever 25-36 say
-- p_replacement_billing_minor  DE95 positions 25-36; 0 counts as absent
-- p_amount_minor, p_billing_minor  DE4 and billing amount of the original, for the ratio
-- Result       null where the original has no amounts to scale by
-- Rows locked  none
-- Callers      cbs.reverse_chain, cbs.earlier_replacement
CREATE OR REPLACE FUNCTION cbs.replacement_amount(
  p_replacement_minor bigint,
  p_replacement_billing_minor bigint,
  p_amount_minor bigint,
  p_billing_minor bigint
) RETURNS bigint
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
  RETURN CASE
    WHEN coalesce(p_replacement_minor, 0) = 0 THEN 0
    WHEN p_replacement_billing_minor > 0 THEN p_replacement_billing_minor
    ELSE cbs.scale_amount(p_replacement_minor, p_billing_minor, p_amount_minor)
  END;
END
$$;

-- p_amount_minor x p_numerator / p_denominator, rounded half up, at most twelve digits.
--
-- Result       null where an argument is null or the denominator is not positive
-- Rows locked  none
-- Callers      05_decide, to turn a transaction amount into a billing amount
CREATE OR REPLACE FUNCTION cbs.scale_amount(
  p_amount_minor bigint,
  p_numerator bigint,
  p_denominator bigint
) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN p_denominator > 0 THEN
    least(round(p_amount_minor::numeric * p_numerator / p_denominator), 999999999999)::bigint END
$$;

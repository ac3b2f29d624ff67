-- Why a card is unknown: its number is not ours, or it is ours and was never issued.
--
-- p_pan_masked  first six and last four digits, or null
-- Rows locked   none
-- Callers       cbs.collect_reasons
CREATE OR REPLACE FUNCTION cbs.unknown_card_reason(p_pan_masked text) RETURNS text
LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF EXISTS (SELECT FROM cbs.issuer_bin b
              WHERE starts_with(left(p_pan_masked, 6), b.prefix)) THEN
    RETURN 'CARD_NOT_FOUND';
  END IF;
  RETURN 'UNKNOWN_ISSUER';
END
$$;

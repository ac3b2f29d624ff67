-- What reversals that came before a message leave of it: 0 for a full one, otherwise the lowest new
-- total in the currency of the account.
--
-- p_billing_minor  amount of the message in that currency, null if it has none
-- Result       null where no reversal waits for the message
-- Rows locked  none; the caller holds account and card
-- Callers      cbs.decide_request, cbs.decide_advice; only while card.orphan_until lies ahead
CREATE OR REPLACE FUNCTION cbs.earlier_replacement(
  p_now timestamptz,
  p_record cbs.authorization_record,
  p_billing_minor bigint
) RETURNS bigint
LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN (
    SELECT min(cbs.replacement_amount(r.replacement_amount_minor,
                 r.replacement_billing_amount_minor, p_record.amount_minor, p_billing_minor))
      FROM cbs.find_pending_reversals(p_now, p_record) AS r);
END
$$;

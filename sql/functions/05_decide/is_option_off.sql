-- Whether the holder has switched off the way in which a record uses the card.
--
-- Result       null (no objection) for a card that nobody knows
-- Rows locked  none
-- Callers      cbs.collect_reasons
CREATE OR REPLACE FUNCTION cbs.is_option_off(
  p_record cbs.authorization_record,
  p_card cbs.card
) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
  RETURN (NOT p_card.is_online_enabled AND NOT p_record.is_card_present)
    OR (NOT p_card.is_contactless_enabled
        AND p_record.entry IN ('contactless', 'contactless_magstripe'))
    OR (NOT p_card.is_magstripe_enabled
        AND p_record.entry IN ('magstripe', 'contactless_magstripe', 'fallback'))
    OR (NOT p_card.is_atm_enabled AND p_record.kind = 'cash');
END
$$;

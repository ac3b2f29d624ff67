-- Sets the status of a card.
--
-- p_status     active, not_activated, frozen, lost, stolen, fraud_blocked, cancelled
-- Rows locked  the account of the card; writes card
-- Callers      operators, portfolio tools and tests
CREATE OR REPLACE FUNCTION cbs_api.set_card_status_v1(
  p_now timestamptz,
  p_card_token bytea,
  p_status text
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, cbs, pg_temp
AS $$
BEGIN
  PERFORM cbs.lock_batch(ARRAY[p_card_token]);
  UPDATE cbs.card c SET status = p_status WHERE c.card_token = p_card_token;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'no such card' USING ERRCODE = 'no_data_found';
  END IF;
END
$$;

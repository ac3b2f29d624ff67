-- Issues a card on an account.
--
-- p_card_token    keyed hash of the number; p_token_key_id says under which key
-- p_pan_masked    first six and last four digits
-- p_expiry        YYMM; the card is good until the end of that month in the zone of the account
-- p_..._limit_minor  per transaction, over 30 x 24 hours, cash over 30 x 24 hours; null: no limit
-- Rows locked  none; inserts card (with a shared key lock on its account)
-- Callers      portfolio tools and tests
CREATE OR REPLACE FUNCTION cbs_api.issue_card_v1(
  p_now timestamptz,
  p_account_id bigint,
  p_card_token bytea,
  p_token_key_id smallint,
  p_pan_masked text,
  p_expiry text,
  p_status text DEFAULT 'active',
  p_online boolean DEFAULT true,
  p_contactless boolean DEFAULT true,
  p_atm boolean DEFAULT true,
  p_magstripe boolean DEFAULT true,
  p_transaction_limit_minor bigint DEFAULT NULL,
  p_rolling_limit_minor bigint DEFAULT NULL,
  p_atm_limit_minor bigint DEFAULT NULL
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, cbs, pg_temp
AS $$
BEGIN
  IF p_expiry !~ '^[0-9]{2}(0[1-9]|1[0-2])$' OR length(p_card_token) NOT BETWEEN 1 AND 64
      OR least(p_transaction_limit_minor, p_rolling_limit_minor, p_atm_limit_minor) < 0 THEN
    RAISE EXCEPTION 'expiry, token or limit is not valid' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  INSERT INTO cbs.card (
    card_token, token_key_id, account_id, pan_masked, expiry, expires_at, status,
    is_online_enabled, is_contactless_enabled, is_atm_enabled, is_magstripe_enabled,
    transaction_limit_minor, rolling_limit_minor, atm_limit_minor,
    window_start_at, window_next_at, window_total_minor, window_cash_minor, orphan_until, issued_at)
  SELECT p_card_token, p_token_key_id, a.account_id, p_pan_masked, p_expiry,
         (to_date('20' || p_expiry, 'YYYYMM') + interval '1 month') AT TIME ZONE a.zone,
         p_status, p_online, p_contactless, p_atm, p_magstripe,
         p_transaction_limit_minor, p_rolling_limit_minor, p_atm_limit_minor,
         '-infinity', 'infinity', 0, 0, '-infinity', p_now
    FROM cbs.account a
   WHERE a.account_id = p_account_id AND a.account_id > 0;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'account % does not exist', p_account_id
      USING ERRCODE = 'foreign_key_violation';
  END IF;
END
$$;

-- Opens an account; its opening balance is an operation.
--
-- p_currency         three digits of cbs.currency
-- p_ledger_minor     opening balance, may be negative; at most fifteen digits
-- p_overdraft_minor  0 or more, at most fifteen digits
-- p_zone             time zone in which the cards of the account expire
-- Result       account_id
-- Rows locked  none; inserts account and operation
-- Callers      portfolio tools and tests
CREATE OR REPLACE FUNCTION cbs_api.open_account_v1(
  p_now timestamptz,
  p_currency text,
  p_ledger_minor bigint,
  p_overdraft_minor bigint,
  p_zone text DEFAULT 'UTC',
  p_status text DEFAULT 'active'
) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, cbs, pg_temp
AS $$
DECLARE
  v_account_id bigint;
  v_operation_id bigint := nextval('cbs.operation_id_sequence');
BEGIN
  IF p_ledger_minor NOT BETWEEN -1000000000000000 AND 1000000000000000
      OR p_overdraft_minor NOT BETWEEN 0 AND 1000000000000000 THEN
    RAISE EXCEPTION 'balance or overdraft out of range'
      USING ERRCODE = 'numeric_value_out_of_range';
  END IF;
  PERFORM p_now AT TIME ZONE p_zone;
  INSERT INTO cbs.account (currency, status, zone, ledger_minor, held_minor, overdraft_minor,
                           opened_at)
  VALUES (p_currency, p_status, p_zone, p_ledger_minor, 0, p_overdraft_minor, p_now)
  RETURNING account.account_id INTO v_account_id;
  INSERT INTO cbs.operation (
    account_id, card_token, operation_date, identity_key, attempt, operation_id, rail, kind,
    chain_id, chain_root_at, chain_kind, chain_state, ledger_delta_minor, held_delta_minor,
    limit_delta_minor, response_code, reasons, exceptions, network, message_type, message_class,
    amount_minor, currency, billing_amount_minor, decided_at)
  VALUES (
    v_account_id, '', (p_now AT TIME ZONE 'UTC')::date,
    substr(sha256(int8send(v_account_id)), 1, 16), 1, v_operation_id, 'internal', 'opening',
    v_operation_id, p_now, 'opening', 'CLEARED', p_ledger_minor, 0, 0, '00', '{}', '{}', '', '', '',
    p_ledger_minor, p_currency, p_ledger_minor, p_now);
  RETURN v_account_id;
END
$$;

-- Decides a batch of messages: requests, advices, reversals, and their repeats.
--
-- p_now        the only clock of the decision
-- p_<column>   one array per column of cbs.network.RECORD_COLUMNS, in that order; all of one length
-- Result       one row per record, in order:
--   ordinal             1, 2, ...
--   operation_id        the operation; null where nothing was booked because the key is taken
--   account_id          0 for a card that nobody knows
--   response_code       DE39
--   authorization_code  DE38, or null
--   amount_minor, billing_amount_minor, billing_currency
--                       DE4, DE6, DE51 of the reply, only where they differ from the request
--   additional_amounts  DE54, or null
--   is_replay           the stored answer of an earlier message with this identity
--   reasons             every reason, not only the one that was answered
-- Rows locked  accounts in id order, 0 among them if a card is unknown (cbs.lock_batch)
-- Callers      cbs.database.procedures.authorize
--
-- No content of a record raises an error: cbs.read_batch normalises it, and every business outcome
-- is a row. A null p_now, or a transaction that is not READ COMMITTED, is a bug of the caller.
CREATE OR REPLACE FUNCTION cbs_api.authorize_v1(
  p_now timestamptz,
  p_network text[], p_message_type text[], p_identity_key bytea[], p_card_token bytea[],
  p_pan_masked text[], p_format_error text[], p_processing_code text[], p_amount_minor bigint[],
  p_currency text[], p_billing_amount_minor bigint[], p_billing_currency text[],
  p_transmitted_at_us bigint[], p_stan text[], p_local_time text[], p_local_date text[],
  p_expiry text[], p_merchant_category_code text[], p_acquirer_country text[],
  p_acquirer_id text[], p_forwarder_id text[], p_pos_entry_mode text[],
  p_pos_condition_code text[], p_entry text[], p_card_present boolean[], p_pin_present boolean[],
  p_partial_approval boolean[], p_account_verification boolean[], p_retrieval_reference text[],
  p_authorization_code text[], p_advice_response_code text[], p_terminal_id text[],
  p_merchant_id text[], p_merchant_name text[], p_lifecycle_id text[],
  p_original_message_type text[], p_original_stan text[], p_original_transmitted_at_us bigint[],
  p_original_acquirer_id text[], p_replacement_amount_minor bigint[],
  p_replacement_billing_amount_minor bigint[], p_reason_code text[], p_received_at_us bigint[],
  p_trace_id bytea[]
) RETURNS TABLE (
  ordinal integer, operation_id bigint, account_id bigint, response_code text,
  authorization_code text, amount_minor bigint, billing_amount_minor bigint,
  billing_currency text, additional_amounts text, is_replay boolean, reasons text[]
)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, cbs, pg_temp
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET jit = off
AS $$
#variable_conflict error
BEGIN
  IF p_now IS NULL OR NOT isfinite(p_now) THEN
    RAISE EXCEPTION 'p_now must be an instant';
  END IF;
  RETURN QUERY SELECT o.* FROM cbs.authorize_batch(p_now, cbs.read_batch(
    cbs.lock_batch(p_card_token),
    p_network, p_message_type, p_identity_key, p_card_token, p_pan_masked, p_format_error,
    p_processing_code, p_amount_minor, p_currency, p_billing_amount_minor, p_billing_currency,
    p_transmitted_at_us, p_stan, p_local_time, p_local_date, p_expiry, p_merchant_category_code,
    p_acquirer_country, p_acquirer_id, p_forwarder_id, p_pos_entry_mode, p_pos_condition_code,
    p_entry, p_card_present, p_pin_present, p_partial_approval, p_account_verification,
    p_retrieval_reference, p_authorization_code, p_advice_response_code, p_terminal_id,
    p_merchant_id, p_merchant_name, p_lifecycle_id, p_original_message_type, p_original_stan,
    p_original_transmitted_at_us, p_original_acquirer_id, p_replacement_amount_minor,
    p_replacement_billing_amount_minor, p_reason_code, p_received_at_us, p_trace_id)) AS o;
END
$$;

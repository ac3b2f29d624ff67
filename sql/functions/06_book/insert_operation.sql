-- Appends one operation to the log.
--
-- Result       its id
-- Rows locked  none; the caller holds account and card, so the key cannot be taken meanwhile
-- Callers      cbs.book
CREATE OR REPLACE FUNCTION cbs.insert_operation(
  p_now timestamptz,
  p_record cbs.authorization_record,
  p_decision cbs.decision,
  p_operation_id bigint,
  p_limit_delta_minor bigint
) RETURNS bigint
LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO cbs.operation (
    account_id, card_token, operation_date, identity_key, attempt, operation_id, trace_id, kind,
    chain_id, chain_root_at, chain_kind, chain_state, match_rung,
    ledger_delta_minor, held_delta_minor, limit_delta_minor, response_code, reasons, exceptions,
    network, message_type, message_class, processing_code, amount_minor, currency,
    billing_amount_minor, billing_currency, transmitted_at, stan, local_time, local_date,
    merchant_category_code, acquirer_country, acquirer_id, forwarder_id, pos_entry_mode,
    pos_condition_code, entry, is_card_present, is_pin_present, retrieval_reference,
    advice_response_code, terminal_id, merchant_id, merchant_name, lifecycle_id,
    original_message_type, original_stan, original_transmitted_at, original_acquirer_id,
    replacement_amount_minor, replacement_billing_amount_minor, reason_code, format_error,
    pan_masked, authorization_code, reply_authorization_code, reply_amount_minor,
    reply_billing_amount_minor, reply_billing_currency, additional_amounts, received_at, decided_at)
  VALUES (
    p_record.account_id, p_record.card_token, p_record.operation_date, p_record.identity_key,
    p_record.attempt, p_operation_id, p_record.trace_id, p_decision.kind,
    p_decision.chain_id, p_decision.chain_root_at, p_decision.chain_kind, p_decision.chain_state,
    p_decision.match_rung, p_decision.ledger_delta_minor, p_decision.held_delta_minor,
    p_limit_delta_minor, p_decision.response_code, p_decision.reasons, p_decision.exceptions,
    p_record.network, p_record.message_type, p_record.message_class, p_record.processing_code,
    p_record.amount_minor, p_record.currency, p_decision.billing_amount_minor,
    p_record.billing_currency, p_record.transmitted_at, p_record.stan, p_record.local_time,
    p_record.local_date, p_record.merchant_category_code, p_record.acquirer_country,
    p_record.acquirer_id, p_record.forwarder_id, p_record.pos_entry_mode,
    p_record.pos_condition_code, p_record.entry, p_record.is_card_present,
    p_record.is_pin_present, p_record.retrieval_reference, p_record.advice_response_code,
    p_record.terminal_id, p_record.merchant_id, p_record.merchant_name, p_record.lifecycle_id,
    p_record.original_message_type, p_record.original_stan, p_record.original_transmitted_at,
    p_record.original_acquirer_id, p_record.replacement_amount_minor,
    p_record.replacement_billing_amount_minor, p_record.reason_code, p_record.format_error,
    p_record.pan_masked, p_record.authorization_code, p_decision.reply_authorization_code,
    p_decision.reply_amount_minor, p_decision.reply_billing_amount_minor,
    p_decision.reply_billing_currency, p_decision.additional_amounts, p_record.received_at, p_now);
  RETURN p_operation_id;
END
$$;

-- Turns the arrays of a batch into records that nothing below has to doubt.
--
-- p_<column>   one array per column of cbs.network.RECORD_COLUMNS
-- Result       one record per element, in order
-- Rows locked  none: only the account number of a card is read here, and a card never changes it
-- Callers      cbs_api.authorize_v1
--
-- The class is the MTI with its last digit cleared. The operation date is that of the identity key.
-- A key that has not 16 bytes is a format error, under a key made from what there is. A token that
-- is absent or longer than 64 bytes belongs to no card. Texts that go into an index are cut short.
-- DE3 gives the kind; a zero amount with the mark of an account verification overrides it.
CREATE OR REPLACE FUNCTION cbs.read_batch(
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
) RETURNS cbs.authorization_record[] LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN ARRAY(SELECT ROW(
           u.ordinal::integer, left(coalesce(u.network, ''), 64),
           left(coalesce(u.message_type, ''), 8), m.message_class,
           coalesce(substr(u.message_type, 4, 1) = '1', false), m.identity_key, 1::smallint,
           cbs.key_date(m.identity_key), coalesce(c.account_id, 0), m.card_token,
           left(u.pan_masked, 32),
           CASE WHEN length(u.identity_key) = 16 THEN u.format_error ELSE 'identity_key' END,
           i.kind, cbs.direction(i.kind),
           coalesce(u.partial_approval AND k.is_partial_allowed, false), u.processing_code,
           u.amount_minor, u.currency, u.billing_amount_minor, u.billing_currency,
           cbs.instant_of(u.transmitted_at_us), u.stan, u.local_time, u.local_date, u.expiry,
           u.merchant_category_code, u.acquirer_country, u.acquirer_id,
           u.forwarder_id, u.pos_entry_mode, u.pos_condition_code, coalesce(u.entry, 'unknown'),
           coalesce(u.card_present, false), coalesce(u.pin_present, false),
           u.retrieval_reference, u.authorization_code, u.advice_response_code, u.terminal_id,
           u.merchant_id, u.merchant_name, left(u.lifecycle_id, 64), u.original_message_type,
           u.original_stan, cbs.instant_of(u.original_transmitted_at_us), u.original_acquirer_id,
           u.replacement_amount_minor, u.replacement_billing_amount_minor, u.reason_code,
           cbs.instant_of(u.received_at_us), u.trace_id, '{}'::text[]
         )::cbs.authorization_record
    FROM unnest(
           p_network, p_message_type, p_identity_key, p_card_token, p_pan_masked, p_format_error,
           p_processing_code, p_amount_minor, p_currency, p_billing_amount_minor,
           p_billing_currency, p_transmitted_at_us, p_stan, p_local_time, p_local_date, p_expiry,
           p_merchant_category_code, p_acquirer_country, p_acquirer_id, p_forwarder_id,
           p_pos_entry_mode, p_pos_condition_code, p_entry, p_card_present, p_pin_present,
           p_partial_approval, p_account_verification, p_retrieval_reference, p_authorization_code,
           p_advice_response_code, p_terminal_id, p_merchant_id, p_merchant_name, p_lifecycle_id,
           p_original_message_type, p_original_stan, p_original_transmitted_at_us,
           p_original_acquirer_id, p_replacement_amount_minor, p_replacement_billing_amount_minor,
           p_reason_code, p_received_at_us, p_trace_id
         ) WITH ORDINALITY AS u (
           network, message_type, identity_key, card_token, pan_masked, format_error,
           processing_code, amount_minor, currency, billing_amount_minor, billing_currency,
           transmitted_at_us, stan, local_time, local_date, expiry, merchant_category_code,
           acquirer_country, acquirer_id, forwarder_id, pos_entry_mode, pos_condition_code, entry,
           card_present, pin_present, partial_approval, account_verification, retrieval_reference,
           authorization_code, advice_response_code, terminal_id, merchant_id, merchant_name,
           lifecycle_id, original_message_type, original_stan, original_transmitted_at_us,
           original_acquirer_id, replacement_amount_minor, replacement_billing_amount_minor,
           reason_code, received_at_us, trace_id, ordinal)
   CROSS JOIN LATERAL (
         SELECT left(coalesce(u.message_type, ''), 3) || '0' AS message_class,
                CASE WHEN length(u.card_token) <= 64 THEN u.card_token ELSE '' END AS card_token,
                cbs.usable_key(u.identity_key, u.trace_id) AS identity_key OFFSET 0) AS m
    LEFT JOIN cbs.card c ON c.card_token = m.card_token
    LEFT JOIN cbs.processing_kind k ON k.prefix = left(u.processing_code, 2)
   CROSS JOIN LATERAL (
         SELECT cbs.kind_of(k.kind, k.is_advice_only, m.message_class, u.account_verification,
                            u.amount_minor) AS kind OFFSET 0) AS i
   ORDER BY u.ordinal);
END
$$;

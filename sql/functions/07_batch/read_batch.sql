-- Turns the arrays of a batch into records that nothing below has to doubt, with the rows that they
-- are decided on.
--
-- p_account_ids  the accounts that are locked: a card of another one is unknown
-- p_<column>   one array per column of cbs.network.RECORD_COLUMNS
-- Result       one record per element of p_network, in order
-- Rows locked  none; the caller holds the accounts, and this statement sees what they are now
-- Callers      cbs_api.authorize_v1
--
-- The class is the MTI with its last digit cleared. The operation date is that of the identity key.
-- A key that has not 16 bytes is a format error, under a key made from what there is. A token that
-- is absent or longer than 64 bytes belongs to no card. Texts that go into an index are cut short.
-- DE3 gives the kind; a zero amount with the mark of an account verification overrides it.
CREATE OR REPLACE FUNCTION cbs.read_batch(
  p_account_ids bigint[],
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
) RETURNS cbs.batch LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  v_batch cbs.batch;
BEGIN
  SELECT coalesce(array_agg(b.record), '{}'), array_agg(b.account_id), array_agg(b.account),
         array_agg(b.card_token), array_agg(b.card)
    INTO v_batch
    FROM (
  SELECT coalesce(c.account_id, 0) AS account_id, a AS account, m.card_token, c AS card,
         ROW(
           m.n, left(coalesce(m.network, ''), 64),
           left(coalesce(p_message_type[m.n], ''), 8), m.message_class,
           coalesce(substr(p_message_type[m.n], 4, 1) = '1', false), m.identity_key, 1::smallint,
           cbs.key_date(m.identity_key), coalesce(c.account_id, 0), m.card_token,
           left(p_pan_masked[m.n], 32),
           CASE WHEN length(p_identity_key[m.n]) = 16 THEN p_format_error[m.n]
                ELSE 'identity_key' END,
           i.kind, cbs.direction(i.kind),
           coalesce(p_partial_approval[m.n] AND k.is_partial_allowed, false),
           p_processing_code[m.n], p_amount_minor[m.n], p_currency[m.n],
           p_billing_amount_minor[m.n], p_billing_currency[m.n],
           cbs.instant_of(p_transmitted_at_us[m.n]), p_stan[m.n],
           p_local_time[m.n], p_local_date[m.n], p_expiry[m.n], p_merchant_category_code[m.n],
           p_acquirer_country[m.n], p_acquirer_id[m.n], p_forwarder_id[m.n], p_pos_entry_mode[m.n],
           p_pos_condition_code[m.n], coalesce(p_entry[m.n], 'unknown'),
           coalesce(p_card_present[m.n], false), coalesce(p_pin_present[m.n], false),
           p_retrieval_reference[m.n], p_authorization_code[m.n], p_advice_response_code[m.n],
           p_terminal_id[m.n], p_merchant_id[m.n], p_merchant_name[m.n],
           left(p_lifecycle_id[m.n], 64),
           p_original_message_type[m.n], p_original_stan[m.n],
           cbs.instant_of(p_original_transmitted_at_us[m.n]), p_original_acquirer_id[m.n],
           p_replacement_amount_minor[m.n], p_replacement_billing_amount_minor[m.n],
           p_reason_code[m.n], cbs.instant_of(p_received_at_us[m.n]), p_trace_id[m.n], '{}'::text[],
           -- The first entry from this key on: only the primary key can give it, whatever the
           -- planner knows about the table.
           (SELECT (o.account_id, o.card_token, o.identity_key)
                   = (coalesce(c.account_id, 0), m.card_token, m.identity_key)
              FROM cbs.operation o
             WHERE (o.account_id, o.card_token, o.operation_date, o.identity_key, o.attempt)
                   >= (coalesce(c.account_id, 0), m.card_token, cbs.key_date(m.identity_key),
                       m.identity_key, 1::smallint)
             ORDER BY o.account_id, o.card_token, o.operation_date, o.identity_key, o.attempt
             LIMIT 1)
         )::cbs.authorization_record AS record
    FROM (
         SELECT u.ordinal::integer AS n, u.network,
                left(coalesce(p_message_type[u.ordinal], ''), 3) || '0' AS message_class,
                CASE WHEN length(p_card_token[u.ordinal]) <= 64
                  THEN p_card_token[u.ordinal] ELSE '' END AS card_token,
                cbs.usable_key(p_identity_key[u.ordinal], p_trace_id[u.ordinal]) AS identity_key
           FROM unnest(p_network) WITH ORDINALITY AS u (network, ordinal) OFFSET 0) AS m
    LEFT JOIN cbs.card c
      ON c.card_token = m.card_token AND c.account_id = ANY (p_account_ids)
    LEFT JOIN cbs.account a ON a.account_id = c.account_id
    LEFT JOIN cbs.processing_kind k ON k.prefix = left(p_processing_code[m.n], 2)
   CROSS JOIN LATERAL (
         SELECT cbs.kind_of(k.kind, k.is_advice_only, m.message_class, p_account_verification[m.n],
                            p_amount_minor[m.n]) AS kind OFFSET 0) AS i
   ORDER BY m.n) AS b;
  RETURN v_batch;
END
$$;

-- The operation log: one row per message that was decided or recorded. It is the ledger, the audit
-- trail and the source of every later event, and it is never updated.
--
-- The key leads with account and card, so that one card's tape lies together; the first four bytes
-- of identity_key are the second of DE7, so that "the messages of this second" is a range of the
-- key. There is no foreign key to account: the decision holds that row locked when it inserts.

CREATE SEQUENCE cbs.operation_id_sequence AS bigint;

CREATE TABLE cbs.operation (
  account_id bigint NOT NULL,
  card_token bytea NOT NULL,
  operation_date date NOT NULL,
  identity_key bytea NOT NULL,
  attempt smallint NOT NULL,
  operation_id bigint NOT NULL,
  event_id uuid NOT NULL DEFAULT gen_random_uuid(),
  transaction_xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
  trace_id bytea,
  rail text NOT NULL DEFAULT 'card',
  kind text NOT NULL,
  -- the chain: one purchase with everything that follows it
  chain_id bigint NOT NULL,
  chain_root_at timestamptz NOT NULL,
  chain_kind text NOT NULL,
  chain_state text NOT NULL,
  match_rung smallint,
  -- the effect
  ledger_delta_minor bigint NOT NULL,
  held_delta_minor bigint NOT NULL,
  limit_delta_minor bigint NOT NULL,
  response_code text NOT NULL,
  reasons text[] NOT NULL,
  exceptions text[] NOT NULL,
  -- the message
  network text NOT NULL,
  message_type text NOT NULL,
  message_class text NOT NULL,
  processing_code text,
  amount_minor bigint,
  currency text,
  billing_amount_minor bigint,
  billing_currency text,
  transmitted_at timestamptz,
  stan text,
  local_time text,
  local_date text,
  merchant_category_code text,
  acquirer_country text,
  acquirer_id text,
  forwarder_id text,
  pos_entry_mode text,
  pos_condition_code text,
  entry text,
  is_card_present boolean,
  is_pin_present boolean,
  retrieval_reference text,
  authorization_code text,
  advice_response_code text,
  terminal_id text,
  merchant_id text,
  merchant_name text,
  lifecycle_id text,
  original_message_type text,
  original_stan text,
  original_transmitted_at timestamptz,
  original_acquirer_id text,
  replacement_amount_minor bigint,
  replacement_billing_amount_minor bigint,
  reason_code text,
  format_error text,
  pan_masked text,
  -- the reply
  reply_authorization_code text,
  reply_amount_minor bigint,
  reply_billing_amount_minor bigint,
  reply_billing_currency text,
  additional_amounts text,
  received_at timestamptz,
  decided_at timestamptz NOT NULL,
  PRIMARY KEY (account_id, card_token, operation_date, identity_key, attempt)
);
COMMENT ON COLUMN cbs.operation.billing_amount_minor IS
  'Requested amount in the currency of the account; null where the message gives none.';
COMMENT ON COLUMN cbs.operation.chain_state IS
  'After this operation: PENDING, PARTIALLY_CLEARED, CLEARED, REVERSED, VOIDED, EXPIRED, '
  'DECLINED or RECORDED.';
COMMENT ON COLUMN cbs.operation.attempt IS
  'Counts decisions under one key; the negative of n is the row that voids attempt n.';
COMMENT ON COLUMN cbs.operation.match_rung IS
  'How the original was found: 1 life-cycle id, 2 original data elements, 3 reference.';

-- A chain, and the chains that enter or leave the rolling window.
CREATE INDEX operation_chain ON cbs.operation (card_token, chain_root_at);
-- Rung 1 of the match ladder.
CREATE INDEX operation_lifecycle ON cbs.operation (card_token, lifecycle_id)
  WHERE lifecycle_id IS NOT NULL;
-- Reversals that wait for their original; an ordinary operation is not in it.
CREATE INDEX operation_pending_reversal ON cbs.operation (card_token, chain_root_at)
  WHERE 'REVERSAL_UNMATCHED' = ANY (exceptions);

CREATE FUNCTION cbs.refuse_operation_change() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'cbs.operation is append-only' USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER operation_is_append_only BEFORE UPDATE OR DELETE ON cbs.operation
  FOR EACH ROW EXECUTE FUNCTION cbs.refuse_operation_change();
CREATE TRIGGER operation_is_never_emptied BEFORE TRUNCATE ON cbs.operation
  FOR EACH STATEMENT EXECUTE FUNCTION cbs.refuse_operation_change();

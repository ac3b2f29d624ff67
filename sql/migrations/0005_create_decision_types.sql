-- What the parts of the decision pass to each other.

-- One message, read and normalised: nothing below it checks lengths or nulls again.
CREATE TYPE cbs.authorization_record AS (
  ordinal integer,
  network text,
  message_type text,
  message_class text,
  is_repeat boolean,
  identity_key bytea,
  attempt smallint,
  operation_date date,
  account_id bigint,
  card_token bytea,
  pan_masked text,
  format_error text,
  kind text,
  direction text,
  is_partial_allowed boolean,
  processing_code text,
  amount_minor bigint,
  currency text,
  billing_amount_minor bigint,
  billing_currency text,
  transmitted_at timestamptz,
  stan text,
  local_time text,
  local_date text,
  expiry text,
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
  received_at timestamptz,
  trace_id bytea,
  exceptions text[]
);

-- The locked rows that one record is decided on; both null for a card that nobody knows.
CREATE TYPE cbs.holder AS (
  account cbs.account,
  card cbs.card
);

-- The state of a chain: sums over its operations. The three amounts of the rate are those of one
-- operation that has both a transaction amount and a billing amount; null where none has.
CREATE TYPE cbs.chain AS (
  match_rung smallint,
  chain_id bigint,
  root_at timestamptz,
  kind text,
  state text,
  held_minor bigint,
  posted_minor bigint,
  root_class text,
  rate_amount_minor bigint,
  rate_currency text,
  rate_billing_amount_minor bigint
);

-- What was decided about one record; the booking turns it into an operation.
CREATE TYPE cbs.decision AS (
  kind text,
  chain_id bigint,
  chain_root_at timestamptz,
  chain_kind text,
  chain_state text,
  match_rung smallint,
  billing_amount_minor bigint,
  ledger_delta_minor bigint,
  held_delta_minor bigint,
  response_code text,
  reasons text[],
  exceptions text[],
  reply_authorization_code text,
  reply_amount_minor bigint,
  reply_billing_amount_minor bigint,
  reply_billing_currency text,
  additional_amounts text
);

-- The response code that a set of reasons gives.
CREATE TYPE cbs.response AS (
  response_code text,
  is_amount_only boolean
);

-- One row of the answer of cbs_api.authorize_v1.
CREATE TYPE cbs.outcome AS (
  ordinal integer,
  operation_id bigint,
  account_id bigint,
  response_code text,
  authorization_code text,
  amount_minor bigint,
  billing_amount_minor bigint,
  billing_currency text,
  additional_amounts text,
  is_replay boolean,
  reasons text[]
);

-- What becomes of a record whose key is known: an outcome (ordinal not null), or a record to
-- decide.
CREATE TYPE cbs.resolution AS (
  record cbs.authorization_record,
  outcome cbs.outcome
);

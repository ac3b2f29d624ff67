-- What differs between networks and currencies is data. The rows live in sql/reference.

CREATE TABLE cbs.currency (
  currency text PRIMARY KEY CHECK (currency ~ '^[0-9]{3}$'),
  alphabetic_code text NOT NULL,
  exponent smallint NOT NULL CHECK (exponent BETWEEN 0 AND 4)
);

CREATE TABLE cbs.network (
  network text PRIMARY KEY,
  verification_approved_code text NOT NULL,
  reversal_unmatched_code text NOT NULL
);
COMMENT ON COLUMN cbs.network.verification_approved_code IS
  'Response code of an account verification without objection: 85, or 00 where a network wants it.';
COMMENT ON COLUMN cbs.network.reversal_unmatched_code IS
  'Response code of a reversal request whose original is unknown: 00, or 25.';

CREATE TABLE cbs.response_code (
  response_code text PRIMARY KEY,
  meaning text NOT NULL
);

CREATE TABLE cbs.decline_reason (
  reason text PRIMARY KEY,
  priority integer NOT NULL,
  is_amount_reason boolean NOT NULL,
  meaning text NOT NULL
);
COMMENT ON COLUMN cbs.decline_reason.priority IS
  'The reason with the lowest number is answered; all reasons are stored.';
COMMENT ON COLUMN cbs.decline_reason.is_amount_reason IS
  'A smaller amount would cure it, so a partial approval is possible.';

CREATE TABLE cbs.decline_reason_code (
  reason text NOT NULL REFERENCES cbs.decline_reason,
  network text NOT NULL REFERENCES cbs.network,
  response_code text NOT NULL REFERENCES cbs.response_code,
  PRIMARY KEY (reason, network)
);

CREATE TABLE cbs.processing_kind (
  prefix text PRIMARY KEY CHECK (prefix ~ '^[0-9]{2}$'),
  kind text NOT NULL CHECK (kind IN ('purchase', 'cash', 'refund', 'credit', 'inquiry')),
  is_partial_allowed boolean NOT NULL,
  is_advice_only boolean NOT NULL,
  meaning text NOT NULL
);
COMMENT ON TABLE cbs.processing_kind IS 'The first two digits of DE3 and what they do.';

CREATE TABLE cbs.issuer_bin (
  prefix text PRIMARY KEY CHECK (prefix ~ '^[0-9]{1,6}$')
);
COMMENT ON TABLE cbs.issuer_bin IS
  'Leading digits of our own card numbers. At most six: a masked number shows no more.';

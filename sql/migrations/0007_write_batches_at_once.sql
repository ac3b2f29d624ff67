-- A batch is read in one statement, decided in memory and written at its end (cbs.write_batch):
-- what its parts pass to each other, and bounds on what they write. PostgreSQL reads a bound once
-- per statement, so once per batch.

-- The key of the record is in the log already.
ALTER TYPE cbs.authorization_record ADD ATTRIBUTE is_known boolean;

-- A batch and the rows that it is decided on. All lists have one element per record, in order;
-- account_ids has 0 and accounts and cards have null for a card that nobody knows.
CREATE TYPE cbs.batch AS (
  records cbs.authorization_record[],
  account_ids bigint[],
  accounts cbs.account[],
  card_tokens bytea[],
  cards cbs.card[]
);

-- One booked decision: the answer, the row for the log, and the account and the card after it.
CREATE TYPE cbs.booking AS (
  outcome cbs.outcome,
  operation cbs.operation,
  account cbs.account,
  card cbs.card
);

-- The limits of cbs.bound_effect, and one operation more.
ALTER TABLE cbs.account
  ADD CONSTRAINT account_ledger_is_bounded
    CHECK (ledger_minor BETWEEN -4000000000000000000 AND 4000000000000000000),
  ADD CONSTRAINT account_held_is_bounded
    CHECK (held_minor BETWEEN 0 AND 4100000000000000000),
  ADD CONSTRAINT account_overdraft_is_not_negative CHECK (overdraft_minor >= 0);

-- Parts of the former way: one record, written at once.
DROP FUNCTION IF EXISTS cbs.authorize_batch, cbs.authorize_record, cbs.insert_operation,
  cbs.update_card, cbs.book, cbs.lock_batch, cbs.force_advice;

-- Locks everything that a batch may change, before anything is read for a decision.
--
-- p_account_ids  accounts of the batch; 0 where a card is unknown
-- p_card_tokens  cards of the batch; unknown ones are ignored
-- Rows locked    account rows in id order, then card rows in token order: two batches never wait
--                for each other in a circle, whatever they hold
-- Callers        every entry point that changes accounts or cards
--
-- Cards of accounts outside p_account_ids are not locked: such a card was issued a moment ago, and
-- for this batch it is unknown.
CREATE OR REPLACE FUNCTION cbs.lock_batch(
  p_account_ids bigint[],
  p_card_tokens bytea[]
) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    RAISE EXCEPTION 'decisions need READ COMMITTED: a snapshot older than the locks is stale';
  END IF;
  PERFORM FROM cbs.account a
   WHERE a.account_id = ANY (p_account_ids)
   ORDER BY a.account_id
     FOR NO KEY UPDATE;
  PERFORM FROM cbs.card c
   WHERE c.card_token = ANY (p_card_tokens) AND c.account_id = ANY (p_account_ids)
   ORDER BY c.card_token
     FOR NO KEY UPDATE;
END
$$;

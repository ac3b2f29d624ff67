-- Locks everything that a batch may change, before anything is read for a decision.
--
-- p_account_ids  accounts of the batch; 0 where a card is unknown
-- p_card_tokens  cards of the batch; unknown ones are ignored
-- Result         the locked rows as they are now, in the order of their ids; lists of nothing are
--                null
-- Rows locked    account rows in id order, then card rows in token order: two batches never wait
--                for each other in a circle, whatever they hold
-- Callers        every entry point that changes accounts or cards
--
-- Cards of accounts outside p_account_ids are not locked: such a card was issued a moment ago, and
-- for this batch it is unknown.
CREATE OR REPLACE FUNCTION cbs.lock_batch(
  p_account_ids bigint[],
  p_card_tokens bytea[]
) RETURNS cbs.locked
LANGUAGE plpgsql AS $$
DECLARE
  v_locked cbs.locked;
BEGIN
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    RAISE EXCEPTION 'decisions need READ COMMITTED: a snapshot older than the locks is stale';
  END IF;
  SELECT array_agg(l.account_id), array_agg(l.account)
    INTO v_locked.account_ids, v_locked.accounts
    FROM (
      SELECT a.account_id, a AS account
        FROM cbs.account a
       WHERE a.account_id = ANY (p_account_ids)
       ORDER BY a.account_id
         FOR NO KEY UPDATE) AS l;
  SELECT array_agg(l.card_token), array_agg(l.card)
    INTO v_locked.card_tokens, v_locked.cards
    FROM (
      SELECT c.card_token, c AS card
        FROM cbs.card c
       WHERE c.card_token = ANY (p_card_tokens) AND c.account_id = ANY (p_account_ids)
       ORDER BY c.card_token
         FOR NO KEY UPDATE) AS l;
  RETURN v_locked;
END
$$;

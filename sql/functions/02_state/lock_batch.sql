-- Locks everything that a batch may change, before anything is read for a decision: the accounts
-- of its cards. Who changes a card holds its account, so cards need no lock of their own.
--
-- p_card_tokens  cards of the batch; for one that nobody knows account 0 is locked
-- Result         the ids of the locked accounts, in order. A card of another account was issued a
--                moment ago, and for this batch it is unknown.
-- Rows locked    account rows in id order: two batches never wait for each other in a circle,
--                whatever they hold
-- Callers        cbs_api.authorize_v1, cbs_api.void_unsent_v1, cbs_api.set_card_status_v1
CREATE OR REPLACE FUNCTION cbs.lock_batch(p_card_tokens bytea[]) RETURNS bigint[]
LANGUAGE plpgsql AS $$
BEGIN
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    RAISE EXCEPTION 'decisions need READ COMMITTED: a snapshot older than the locks is stale';
  END IF;
  RETURN ARRAY(
    SELECT a.account_id
      FROM cbs.account a
     WHERE a.account_id = ANY (ARRAY(
             SELECT coalesce(c.account_id, 0)
               FROM unnest(p_card_tokens) AS u (card_token)
               LEFT JOIN cbs.card c ON c.card_token = u.card_token))
     ORDER BY a.account_id
       FOR NO KEY UPDATE);
END
$$;

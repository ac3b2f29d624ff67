-- The identity keys of a batch that are in the log already: repeats, and few.
--
-- Every key that was ever decided has an attempt 1.
--
-- Result       keys, in no order; empty where all are new
-- Rows locked  none; the caller holds accounts and cards
-- Callers      cbs.authorize_batch
CREATE OR REPLACE FUNCTION cbs.find_known_keys(p_records cbs.authorization_record[])
RETURNS bytea[]
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  RETURN ARRAY(
    SELECT o.identity_key
      FROM unnest(p_records) AS r
      JOIN cbs.operation o
        ON o.account_id = r.account_id
       AND o.card_token = r.card_token
       AND o.operation_date = r.operation_date
       AND o.identity_key = r.identity_key
       AND o.attempt = 1);
END
$$;

-- Decides a batch: locks everything once, then one record after the other, in order.
--
-- The outcomes are those that the same records would have had one by one; two records of one key
-- behave as if sent one after the other.
--
-- p_now, p_records  the clock; normalised records in order
-- Result       one outcome per record, in order
-- Rows locked  accounts in id order, then cards in token order (cbs.lock_batch)
-- Callers      cbs_api.authorize_v1
CREATE OR REPLACE FUNCTION cbs.authorize_batch(
  p_now timestamptz,
  p_records cbs.authorization_record[]
) RETURNS SETOF cbs.outcome
LANGUAGE plpgsql AS $$
DECLARE
  v_record cbs.authorization_record;
BEGIN
  PERFORM cbs.lock_batch(ARRAY(SELECT r.account_id FROM unnest(p_records) AS r),
                         ARRAY(SELECT r.card_token FROM unnest(p_records) AS r));
  FOREACH v_record IN ARRAY p_records LOOP
    RETURN NEXT cbs.authorize_record(p_now, v_record);
  END LOOP;
END
$$;

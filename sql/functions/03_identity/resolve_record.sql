-- Looks for a record in the log, by its key (K1) and as a repeat (K2), and answers from there.
--
-- Result       as cbs.resolve_repeat; the record itself where nothing is found
-- Rows locked  none; the caller holds account and card, and has written what it booked for them
-- Callers      cbs.authorize_batch
CREATE OR REPLACE FUNCTION cbs.resolve_record(p_record cbs.authorization_record)
RETURNS cbs.resolution
LANGUAGE plpgsql STABLE AS $$
DECLARE
  v_stored cbs.operation :=
    cbs.find_operation(p_record.account_id, p_record.card_token, p_record.identity_key);
BEGIN
  IF v_stored.operation_id IS NULL AND p_record.is_repeat THEN
    v_stored := cbs.find_repeat(p_record);
  END IF;
  IF v_stored.operation_id IS NULL THEN
    RETURN ROW(p_record, NULL)::cbs.resolution;
  END IF;
  RETURN cbs.resolve_repeat(p_record, v_stored);
END
$$;

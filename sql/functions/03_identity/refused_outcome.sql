-- The answer to a request that books nothing, not even an operation: its key is taken.
--
-- p_reason     DUPLICATE_KEY_MISMATCH or REVERSED
-- Result       operation_id is null
-- Rows locked  none
-- Callers      cbs.resolve_repeat
CREATE OR REPLACE FUNCTION cbs.refused_outcome(
  p_record cbs.authorization_record,
  p_reason text
) RETURNS cbs.outcome
LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN ROW(
    p_record.ordinal, NULL, p_record.account_id,
    (cbs.pick_response(p_record.network, ARRAY[p_reason])).response_code,
    NULL, NULL, NULL, NULL, NULL, false, ARRAY[p_reason])::cbs.outcome;
END
$$;

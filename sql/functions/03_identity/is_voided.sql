-- Whether the answer to an operation is known never to have left: its void has the negative
-- attempt.
--
-- Rows locked  none
-- Callers      cbs.find_repeat, cbs.resolve_repeat, cbs.is_candidate, cbs.void_operation
CREATE OR REPLACE FUNCTION cbs.is_voided(p_operation cbs.operation) RETURNS boolean
LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN EXISTS (
    SELECT FROM cbs.operation v
     WHERE v.account_id = p_operation.account_id
       AND v.card_token = p_operation.card_token
       AND v.operation_date = p_operation.operation_date
       AND v.identity_key = p_operation.identity_key
       AND v.attempt = -p_operation.attempt);
END
$$;

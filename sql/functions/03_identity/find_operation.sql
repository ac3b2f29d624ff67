-- The newest decision under the key of a record: key K1. Voids are not decisions.
--
-- Result       a row of nulls where nothing is found
-- Rows locked  none; the caller holds account and card
-- Callers      cbs.resolve_record, cbs.resolve_repeat, cbs_api.void_unsent_v1
CREATE OR REPLACE FUNCTION cbs.find_operation(
  p_account_id bigint,
  p_card_token bytea,
  p_identity_key bytea
) RETURNS cbs.operation
LANGUAGE plpgsql STABLE AS $$
DECLARE
  v_operation cbs.operation;
BEGIN
  SELECT o.*
    INTO v_operation
    FROM cbs.operation o
   WHERE o.account_id = p_account_id
     AND o.card_token = p_card_token
     AND o.operation_date = cbs.key_date(p_identity_key)
     AND o.identity_key = p_identity_key
     AND o.attempt > 0
   ORDER BY o.attempt DESC
   LIMIT 1;
  RETURN v_operation;
END
$$;

-- The answer that an operation was given, to be given again: no side effect of any kind.
--
-- Rows locked  none
-- Callers      cbs.resolve_repeat
CREATE OR REPLACE FUNCTION cbs.stored_outcome(
  p_record cbs.authorization_record,
  p_operation cbs.operation
) RETURNS cbs.outcome
LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN ROW(
    p_record.ordinal, p_operation.operation_id, p_operation.account_id, p_operation.response_code,
    p_operation.reply_authorization_code, p_operation.reply_amount_minor,
    p_operation.reply_billing_amount_minor, p_operation.reply_billing_currency,
    p_operation.additional_amounts, true, p_operation.reasons)::cbs.outcome;
END
$$;

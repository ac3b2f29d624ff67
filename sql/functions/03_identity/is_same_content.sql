-- Whether a record has the fingerprint of an operation: DE3, DE4, DE49, and DE95 for reversals.
--
-- Rows locked  none
-- Callers      cbs.resolve_repeat, cbs.find_repeat
CREATE OR REPLACE FUNCTION cbs.is_same_content(
  p_record cbs.authorization_record,
  p_operation cbs.operation
) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT p_record.processing_code IS NOT DISTINCT FROM p_operation.processing_code
    AND p_record.amount_minor IS NOT DISTINCT FROM p_operation.amount_minor
    AND p_record.currency IS NOT DISTINCT FROM p_operation.currency
    AND (p_record.message_class NOT IN ('0400', '0420')
         OR p_record.replacement_amount_minor
            IS NOT DISTINCT FROM p_operation.replacement_amount_minor)
$$;

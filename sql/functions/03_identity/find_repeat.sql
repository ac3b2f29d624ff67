-- The operation that a repeat (last digit of the MTI 1) repeats under a fresh DE7: key K2.
--
-- Compared are network, class, card, DE11, DE12, DE13, DE32, DE37 and the fingerprint, over the
-- operation date and the ten days before; what is absent must be absent in both. DE11 must be
-- there, and DE37, or both DE12 and DE13: a STAN comes back, and with less a repeat would get the
-- approval of another purchase. The newest counts, and if that one was voided, the repeat is
-- decided afresh.
--
-- Result       a row of nulls where nothing is found
-- Rows locked  none; the caller holds account and card
-- Callers      cbs.resolve_record, cbs.resolve_repeat
CREATE OR REPLACE FUNCTION cbs.find_repeat(p_record cbs.authorization_record)
RETURNS cbs.operation
LANGUAGE plpgsql STABLE AS $$
DECLARE
  v_operation cbs.operation;
BEGIN
  IF p_record.retrieval_reference IS NULL
      AND (p_record.local_time IS NULL OR p_record.local_date IS NULL) THEN
    RETURN NULL;
  END IF;
  SELECT o.*
    INTO v_operation
    FROM cbs.operation o
   WHERE o.account_id = p_record.account_id
     AND o.card_token = p_record.card_token
     AND o.operation_date BETWEEN p_record.operation_date - 10 AND p_record.operation_date
     AND o.message_class = p_record.message_class
     AND o.network = p_record.network
     AND o.stan = p_record.stan
     AND o.local_time IS NOT DISTINCT FROM p_record.local_time
     AND o.local_date IS NOT DISTINCT FROM p_record.local_date
     AND o.acquirer_id IS NOT DISTINCT FROM p_record.acquirer_id
     AND o.retrieval_reference IS NOT DISTINCT FROM p_record.retrieval_reference
     AND cbs.is_same_content(p_record, o)
   ORDER BY o.operation_id DESC
   LIMIT 1;
  IF cbs.is_voided(v_operation) THEN
    RETURN NULL;
  END IF;
  RETURN v_operation;
END
$$;

-- Of the candidates that one life-cycle id finds, those that a follow-up names: in DE90, or as an
-- advice by the key fields of its request. Increments share the id of their root, and a reversal or
-- an advice of one must not reach another.
--
-- Result       empty where it names none of them
-- Rows locked  none
-- Callers      cbs.find_chain
CREATE OR REPLACE FUNCTION cbs.named_among(
  p_now timestamptz,
  p_record cbs.authorization_record,
  p_candidates cbs.operation[]
) RETURNS cbs.operation[]
LANGUAGE plpgsql STABLE AS $$
DECLARE
  v_named_ids bigint[] := ARRAY(
    SELECT n.operation_id FROM unnest(cbs.match_original_data(p_now, p_record)) AS n);
BEGIN
  IF p_record.message_class IN ('0120', '0220') THEN
    v_named_ids := v_named_ids || ARRAY(
      SELECT n.operation_id FROM unnest(cbs.match_request_of_advice(p_record)) AS n);
  END IF;
  RETURN ARRAY(SELECT c FROM unnest(p_candidates) AS c WHERE c.operation_id = ANY (v_named_ids));
END
$$;

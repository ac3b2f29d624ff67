-- Rung 2: operations that DE90 names. Its MTI and STAN must be there, and DE7 or DE32; parts that
-- are zero are not compared. Of the MTI only "01" or "02" counts: a network that stood in sends an
-- advice for what the acquirer calls a request.
--
-- With DE7 the operations of that second are a range of the key. Without it the STAN leads there, and
-- is good for 30 days: it comes back, and would find another purchase.
--
-- Rows locked  none
-- Callers      cbs.find_chain, cbs.named_among
CREATE OR REPLACE FUNCTION cbs.match_original_data(
  p_now timestamptz,
  p_record cbs.authorization_record
) RETURNS cbs.operation[]
LANGUAGE plpgsql STABLE AS $$
DECLARE
  v_prefix bytea := cbs.key_prefix(p_record.original_transmitted_at);
  v_date date := (p_record.original_transmitted_at AT TIME ZONE 'UTC')::date;
BEGIN
  IF p_record.original_message_type IS NULL OR p_record.original_stan IS NULL
      OR (v_prefix IS NULL AND p_record.original_acquirer_id IS NULL) THEN
    RETURN '{}'::cbs.operation[];
  END IF;
  RETURN ARRAY(
    SELECT n.operation
      FROM (
        SELECT o AS operation
          FROM cbs.operation o
         WHERE v_prefix IS NOT NULL
           AND o.account_id = p_record.account_id
           AND o.card_token = p_record.card_token
           AND o.operation_date = v_date
           AND o.identity_key BETWEEN v_prefix AND cbs.key_prefix_end(v_prefix)
           AND o.stan = p_record.original_stan
        UNION ALL
        SELECT o AS operation
          FROM cbs.operation o
         WHERE v_prefix IS NULL
           AND o.card_token = p_record.card_token
           AND o.stan = p_record.original_stan
           AND o.account_id = p_record.account_id
           AND o.decided_at >= p_now - interval '720 hours'
      ) AS n
     WHERE left((n.operation).message_class, 2) = left(p_record.original_message_type, 2)
       AND (p_record.original_acquirer_id IS NULL
            OR (n.operation).acquirer_id = p_record.original_acquirer_id)
       AND cbs.is_candidate(p_record, n.operation));
END
$$;

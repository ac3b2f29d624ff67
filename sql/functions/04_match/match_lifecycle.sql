-- Rung 1: operations of the card with the life-cycle id of the record, at most 45 days old: the
-- id is unique per network and processing day only.
--
-- Rows locked  none
-- Callers      cbs.find_chain
CREATE OR REPLACE FUNCTION cbs.match_lifecycle(
  p_now timestamptz,
  p_record cbs.authorization_record
) RETURNS cbs.operation[]
LANGUAGE sql STABLE AS $$
  SELECT coalesce(array_agg(o), '{}')
    FROM cbs.operation o
   WHERE o.card_token = p_record.card_token
     AND o.lifecycle_id = p_record.lifecycle_id
     AND o.account_id = p_record.account_id
     AND o.decided_at >= p_now - interval '1080 hours'
     AND cbs.is_candidate(p_record, o)
$$;

-- What to do with a record whose key (K1 or K2) is already in the log.
--
-- p_record     the record
-- p_stored     the operation found
-- Result       outcome: the answer; or, where its ordinal is null, record: what to decide after
--              all, with its new attempt or its new key
-- Rows locked  none; the caller holds account and card
-- Callers      cbs.resolve_record
--
-- In this order:
-- 1. The attempt was voided, no answer ever left: decide afresh as the next attempt.
-- 2. Other content: a request gets 94 (30 if it cannot be read) and books nothing; an advice is
-- booked under a derived key
--    with the exception KEY_COLLISION, and found there when it is sent again.
-- 3. An approved request whose chain is reversed: 05 REVERSED. Never approve what is gone. This
--    includes a chain that a stand-in decline released.
-- 4. Otherwise the stored answer.
CREATE OR REPLACE FUNCTION cbs.resolve_repeat(
  p_record cbs.authorization_record,
  p_stored cbs.operation
) RETURNS cbs.resolution
LANGUAGE plpgsql STABLE AS $$
DECLARE
  v_record cbs.authorization_record := p_record;
  v_outcome cbs.outcome;
  v_collided cbs.operation;
  v_chain cbs.chain;
BEGIN
  IF cbs.is_voided(p_stored) THEN
    v_record.attempt := p_stored.attempt + 1;
  ELSIF NOT cbs.is_same_content(p_record, p_stored) THEN
    IF p_record.message_class NOT IN ('0120', '0220', '0420') THEN
      v_outcome := cbs.refused_outcome(p_record, CASE WHEN p_record.format_error IS NULL
        THEN 'DUPLICATE_KEY_MISMATCH' ELSE 'FORMAT_ERROR' END);
    ELSE
      v_record.identity_key := cbs.derived_key(p_record);
      v_collided := cbs.find_operation(
        p_record.account_id, p_record.card_token, v_record.identity_key);
      IF v_collided.operation_id IS NULL AND p_record.is_repeat THEN
        v_collided := cbs.find_repeat(p_record);
      END IF;
      IF v_collided.operation_id IS NOT NULL THEN
        v_outcome := cbs.stored_outcome(p_record, v_collided);
      ELSE
        v_record.exceptions := v_record.exceptions || 'KEY_COLLISION'::text;
      END IF;
    END IF;
  ELSE
    v_outcome := cbs.stored_outcome(p_record, p_stored);
    IF p_stored.message_class IN ('0100', '0200')
        AND p_stored.response_code IN ('00', '10', '11', '85', '87') THEN
      v_chain := cbs.load_chain(
        p_stored.card_token, p_stored.chain_root_at, p_stored.chain_id);
      IF v_chain.state = 'REVERSED' THEN
        v_outcome := cbs.refused_outcome(p_record, 'REVERSED');
      END IF;
    END IF;
  END IF;
  RETURN ROW(v_record, v_outcome)::cbs.resolution;
END
$$;

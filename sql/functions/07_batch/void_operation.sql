-- Voids one approval, if it is one, and still ours alone: what an advice of the network or a
-- reversal has settled since stays as it is.
--
-- p_trace_id   the message that must have been decided so; null for any
-- p_operation  the newest operation of its key; a row of nulls is ignored
-- Rows locked  none of its own; writes operation, account, card
-- Callers      cbs_api.void_unsent_v1
CREATE OR REPLACE FUNCTION cbs.void_operation(
  p_now timestamptz,
  p_network text,
  p_trace_id bytea,
  p_operation cbs.operation
) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  v_holder cbs.holder;
  v_record cbs.authorization_record;
  v_chain cbs.chain;
  v_decision cbs.decision;
  v_booking cbs.booking;
  v_unwritten cbs.operation[];
BEGIN
  IF p_operation.operation_id IS NULL OR p_operation.network <> p_network
      OR p_operation.trace_id IS DISTINCT FROM coalesce(p_trace_id, p_operation.trace_id)
      OR p_operation.message_class NOT IN ('0100', '0200')
      OR p_operation.response_code NOT IN ('00', '10', '11', '85', '87')
      OR p_operation.chain_id <> p_operation.operation_id OR cbs.is_voided(p_operation) THEN
    RETURN;
  END IF;
  v_chain := cbs.load_chain(
    p_operation.card_token, p_operation.chain_root_at, p_operation.chain_id);
  IF v_chain.state = 'REVERSED' OR EXISTS (
      SELECT FROM cbs.operation o
       WHERE o.card_token = p_operation.card_token
         AND o.chain_root_at = p_operation.chain_root_at
         AND o.chain_id = p_operation.chain_id
         AND o.message_class IN ('0120', '0220')) THEN
    RETURN;
  END IF;
  SELECT a, c
    INTO v_holder
    FROM cbs.card c
    JOIN cbs.account a ON a.account_id = c.account_id
   WHERE c.card_token = p_operation.card_token AND c.account_id = p_operation.account_id;
  v_decision := cbs.join_chain(v_chain);
  v_decision.kind := 'void';
  v_decision.held_delta_minor := -v_chain.held_minor;
  v_decision.ledger_delta_minor := v_chain.posted_minor;
  v_decision.chain_state := 'VOIDED';
  v_record.ordinal := 0;
  v_record.account_id := p_operation.account_id;
  v_record.card_token := p_operation.card_token;
  v_record.operation_date := p_operation.operation_date;
  v_record.identity_key := p_operation.identity_key;
  v_record.attempt := -p_operation.attempt;
  v_record.network := p_operation.network;
  v_record.message_type := '';
  v_record.message_class := '';
  v_record.exceptions := '{}';
  v_booking := cbs.book(p_now, v_record, v_holder.account, v_holder.card, v_decision);
  v_unwritten := cbs.write_batch(
    ARRAY[v_booking.operation], ARRAY[v_booking.account], ARRAY[v_booking.card]);
END
$$;

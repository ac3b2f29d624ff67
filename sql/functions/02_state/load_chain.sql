-- State of one chain: the sums over its operations.
--
-- p_card_token, p_root_at, p_chain_id  as every operation of the chain carries them
-- p_match_rung     how it was found, kept for the operation that follows
-- p_operation_id   the operation that was found: its amounts give the rate, if it has both; else
--                  those of the oldest operation of the chain that has
-- Result       one row; chain_id null where there is no such chain
-- Rows locked  none; the caller holds the card
-- Callers      cbs.find_chain, cbs.find_answering_advice, cbs.resolve_repeat,
--              cbs.answer_from_advice, cbs.void_operation
CREATE OR REPLACE FUNCTION cbs.load_chain(
  p_card_token bytea,
  p_root_at timestamptz,
  p_chain_id bigint,
  p_match_rung smallint DEFAULT NULL,
  p_operation_id bigint DEFAULT NULL
) RETURNS cbs.chain
LANGUAGE plpgsql STABLE AS $$
DECLARE
  v_chain cbs.chain;
BEGIN
  SELECT p_match_rung, p_chain_id, p_root_at,
         max(o.chain_kind),
         (array_agg(o.chain_state ORDER BY o.operation_id DESC))[1],
         sum(o.held_delta_minor)::bigint,
         -sum(o.ledger_delta_minor)::bigint,
         max(o.message_class) FILTER (WHERE o.operation_id = p_chain_id)
    INTO v_chain.match_rung, v_chain.chain_id, v_chain.root_at, v_chain.kind, v_chain.state,
         v_chain.held_minor, v_chain.posted_minor, v_chain.root_class
    FROM cbs.operation o
   WHERE o.card_token = p_card_token AND o.chain_root_at = p_root_at AND o.chain_id = p_chain_id;
  IF p_operation_id IS NOT NULL THEN
    SELECT o.amount_minor, o.currency, o.billing_amount_minor
      INTO v_chain.rate_amount_minor, v_chain.rate_currency, v_chain.rate_billing_amount_minor
      FROM cbs.operation o
     WHERE o.card_token = p_card_token AND o.chain_root_at = p_root_at AND o.chain_id = p_chain_id
       AND o.amount_minor > 0 AND o.billing_amount_minor > 0
     ORDER BY o.operation_id <> p_operation_id, o.operation_id
     LIMIT 1;
  END IF;
  RETURN v_chain;
END
$$;

-- State of one chain: the sums over its operations.
--
-- p_card_token, p_root_at, p_chain_id  as every operation of the chain carries them
-- p_match_rung                         how it was found, kept for the operation that follows
-- Result       one row; chain_id null where there is no such chain
-- Rows locked  none; the caller holds the card
-- Callers      cbs.find_chain, cbs.resolve_repeat, cbs.answer_from_advice, cbs_api.void_unsent_v1
CREATE OR REPLACE FUNCTION cbs.load_chain(
  p_card_token bytea,
  p_root_at timestamptz,
  p_chain_id bigint,
  p_match_rung smallint
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
         max(o.message_class) FILTER (WHERE o.operation_id = p_chain_id),
         max(o.amount_minor) FILTER (WHERE o.operation_id = p_chain_id),
         max(o.currency) FILTER (WHERE o.operation_id = p_chain_id),
         max(o.billing_amount_minor) FILTER (WHERE o.operation_id = p_chain_id)
    INTO v_chain
    FROM cbs.operation o
   WHERE o.card_token = p_card_token AND o.chain_root_at = p_root_at AND o.chain_id = p_chain_id;
  RETURN v_chain;
END
$$;

-- Whether an advice that the network sent belongs to a chain.
--
-- Rows locked  none; the caller holds the card
-- Callers      cbs.void_operation
CREATE OR REPLACE FUNCTION cbs.has_advice(
  p_chain cbs.chain,
  p_card_token bytea
) RETURNS boolean
LANGUAGE sql STABLE AS $$
  SELECT EXISTS (
    SELECT FROM cbs.operation o
     WHERE o.card_token = p_card_token AND o.chain_root_at = p_chain.root_at
       AND o.chain_id = p_chain.chain_id AND o.message_class IN ('0120', '0220'))
$$;

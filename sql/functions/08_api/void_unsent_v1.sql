-- Voids approvals that are known not to have left: the hold is released, the posting taken back.
--
-- p_network, p_card_token, p_identity_key  the requests; unknown keys, declines and keys voided
--                                          already are ignored
-- p_trace_id   the very message of each whose answer did not leave: an approval of another copy
--              stays, because that copy may have been answered; null voids whatever is newest
-- Rows locked  accounts in id order (cbs.lock_batch)
-- Callers      cbs.database.procedures.void_unsent
--
-- The void is an operation of the same key whose attempt is the negative of the attempt that it
-- voids. A later repeat of the key is decided afresh, and no follow-up finds a voided attempt. A
-- chain that an advice or a reversal has settled meanwhile is left alone: the network's word
-- stands.
CREATE OR REPLACE FUNCTION cbs_api.void_unsent_v1(
  p_now timestamptz,
  p_network text[],
  p_card_token bytea[],
  p_identity_key bytea[],
  p_trace_id bytea[]
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, cbs, pg_temp
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET jit = off
AS $$
DECLARE
  v_key record;
BEGIN
  PERFORM cbs.lock_batch(p_card_token);
  FOR v_key IN
    SELECT c.account_id, u.card_token, u.identity_key, u.network, u.trace_id
      FROM unnest(p_network, p_card_token, p_identity_key, p_trace_id)
           WITH ORDINALITY AS u (network, card_token, identity_key, trace_id, ordinal)
      JOIN cbs.card c ON c.card_token = u.card_token
     WHERE length(u.identity_key) = 16
     ORDER BY u.ordinal
  LOOP
    PERFORM cbs.void_operation(p_now, v_key.network, v_key.trace_id, cbs.find_operation(
      v_key.account_id, v_key.card_token, v_key.identity_key));
  END LOOP;
END
$$;

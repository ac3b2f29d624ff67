-- Decides a reversal request (0400) or a reversal advice (0420). Both have the same effect; only
-- a request can hear another code than 00.
--
-- Result       the decision; nothing is written
-- Rows locked  none; the caller holds account and card
-- Callers      cbs.authorize_batch
--
-- 30 where no rung of the ladder could ever find an original, or an amount is no amount. An
-- original that is not found is not an error: the reversal stays in the log as a tombstone (full)
-- or a pending replacement, with the exception REVERSAL_UNMATCHED.
CREATE OR REPLACE FUNCTION cbs.decide_reversal(
  p_now timestamptz,
  p_record cbs.authorization_record,
  p_account cbs.account
) RETURNS cbs.decision
LANGUAGE plpgsql STABLE AS $$
DECLARE
  v_decision cbs.decision;
  v_chain cbs.chain;
BEGIN
  IF NOT cbs.names_original(p_record)
      OR p_record.replacement_amount_minor NOT BETWEEN 0 AND 999999999999
      OR p_record.replacement_billing_amount_minor NOT BETWEEN 0 AND 999999999999 THEN
    RETURN cbs.decline(p_record, ARRAY['FORMAT_ERROR'], NULL);
  END IF;
  IF p_account.account_id IS NOT NULL THEN
    v_chain := cbs.find_chain(p_now, p_record);
  END IF;
  IF v_chain.chain_id IS NOT NULL THEN
    RETURN cbs.reverse_chain(p_record, v_chain);
  END IF;
  v_decision.response_code :=
    cbs.unmatched_reversal_code(p_record.network, p_record.message_class);
  v_decision.reasons := '{}';
  v_decision.exceptions := ARRAY['REVERSAL_UNMATCHED'];
  v_decision.chain_state := 'RECORDED';
  v_decision.ledger_delta_minor := 0;
  v_decision.held_delta_minor := 0;
  RETURN v_decision;
END
$$;

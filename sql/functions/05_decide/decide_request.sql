-- Decides an authorization request (0100) or a financial request (0200).
--
-- p_now, p_record, p_account, p_card  the rows are locked; null for a card that nobody knows
-- Result       the decision; nothing is written
-- Rows locked  none; the caller holds account and card
-- Callers      cbs.authorize_batch
--
-- A follow-up that came first has the first word: a tombstone declines, a stand-in advice answers
-- for us, a pending replacement lowers the hold after a decision on the full amount.
CREATE OR REPLACE FUNCTION cbs.decide_request(
  p_now timestamptz,
  p_record cbs.authorization_record,
  p_account cbs.account,
  p_card cbs.card
) RETURNS cbs.decision
LANGUAGE plpgsql STABLE AS $$
DECLARE
  v_billing_minor bigint := cbs.billing_amount(p_record, p_account.currency);
  v_approved_minor bigint := v_billing_minor;
  v_final_minor bigint;
  v_reasons text[];
  v_response cbs.response;
  v_advice cbs.operation;
BEGIN
  IF p_card.orphan_until > p_now THEN
    v_final_minor := cbs.earlier_replacement(p_now, p_record, v_billing_minor);
    IF v_final_minor = 0 THEN
      RETURN cbs.decline(p_record, ARRAY['REVERSED_BEFORE_ORIGINAL'], NULL);
    END IF;
    v_advice := cbs.find_answering_advice(p_now, p_record);
    IF v_advice.operation_id IS NOT NULL THEN
      RETURN cbs.answer_from_advice(p_record, v_advice);
    END IF;
  END IF;
  v_reasons := cbs.collect_reasons(p_now, p_record, p_account, p_card, v_billing_minor);
  IF v_reasons = '{}' THEN
    RETURN cbs.approve(p_record, p_account, v_billing_minor, v_approved_minor, v_final_minor);
  END IF;
  v_response := cbs.pick_response(p_record.network, v_reasons);
  IF v_response.is_amount_only AND p_record.is_partial_allowed THEN
    v_approved_minor := cbs.partial_amount(p_account, p_card);
    IF v_approved_minor >= 1
        AND v_approved_minor::numeric * p_record.amount_minor >= v_billing_minor THEN
      RETURN cbs.approve_partially(p_record, p_account, v_billing_minor, v_approved_minor,
                                   v_final_minor, v_reasons);
    END IF;
  END IF;
  RETURN cbs.decline(p_record, v_reasons, v_billing_minor);
END
$$;

-- Writes a decision: the operation, the account, the card. The only place that does.
--
-- p_account, p_card   as locked; null for a card that nobody knows (then the sentinel account,
--                     which no operation of a card moves)
-- p_is_window_moved   the window columns of p_card differ from the stored ones
-- Result       the outcome
-- Rows locked  none of its own; writes operation, account, card
-- Callers      cbs.authorize_record, cbs_api.void_unsent_v1
--
-- Exceptions   NEGATIVE_BALANCE (available fell, and is below zero), BALANCE_OVERFLOW (the amount
--              would leave the range of the columns: recorded, nothing moved)
CREATE OR REPLACE FUNCTION cbs.book(
  p_now timestamptz,
  p_record cbs.authorization_record,
  p_account cbs.account,
  p_card cbs.card,
  p_is_window_moved boolean,
  p_decision cbs.decision
) RETURNS cbs.outcome
LANGUAGE plpgsql AS $$
DECLARE
  v_decision cbs.decision := p_decision;
  v_operation_id bigint := nextval('cbs.operation_id_sequence');
  v_limit_delta_minor bigint := 0;
  v_is_card_changed boolean;
  v_kind text := CASE WHEN p_record.message_class IN ('0400', '0420') THEN 'reversal'
                      ELSE coalesce(p_record.kind, 'unsupported') END;
BEGIN
  v_decision.chain_id := coalesce(v_decision.chain_id, v_operation_id);
  v_decision.chain_root_at := coalesce(v_decision.chain_root_at, p_now);
  v_decision.chain_kind := coalesce(v_decision.chain_kind, v_kind);
  v_decision.kind := coalesce(v_decision.kind, v_kind);
  v_decision.exceptions := p_record.exceptions || v_decision.exceptions;
  IF v_decision.ledger_delta_minor <> 0 OR v_decision.held_delta_minor <> 0 THEN
    v_decision := cbs.bound_effect(p_account, p_card, v_decision);
    UPDATE cbs.account a
       SET ledger_minor = a.ledger_minor + v_decision.ledger_delta_minor,
           held_minor = a.held_minor + v_decision.held_delta_minor
     WHERE a.account_id = p_account.account_id;
    IF v_decision.chain_kind IN ('purchase', 'cash') THEN
      v_limit_delta_minor := v_decision.held_delta_minor - v_decision.ledger_delta_minor;
    END IF;
  END IF;
  -- An assignment costs a fraction of a PERFORM, which runs a whole query.
  v_operation_id := cbs.insert_operation(
    p_now, p_record, v_decision, v_operation_id, v_limit_delta_minor);
  IF p_card.card_token IS NOT NULL THEN
    v_is_card_changed := cbs.update_card(
      p_now, p_record, p_card, p_is_window_moved, v_decision, v_limit_delta_minor);
  END IF;
  RETURN ROW(
    p_record.ordinal, v_operation_id, p_record.account_id, v_decision.response_code,
    v_decision.reply_authorization_code, v_decision.reply_amount_minor,
    v_decision.reply_billing_amount_minor, v_decision.reply_billing_currency,
    v_decision.additional_amounts, false, v_decision.reasons)::cbs.outcome;
END
$$;

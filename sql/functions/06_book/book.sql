-- Books a decision: makes the row for the log, and the account and the card that follow from it.
-- Nothing is written here.
--
-- p_account, p_card   as they are before; null for a card that nobody knows (then the sentinel
--                     account, which no operation of a card moves)
-- Result       the booking
-- Rows locked  none; the caller holds account and card
-- Callers      cbs.authorize_batch, cbs.void_operation
--
-- A chain counts in the window at the time of its root: a change of a chain that has left it
-- changes no counter. A follow-up without an original sets orphan_until for ten days: until then
-- requests of the card look for what came before them.
--
-- Exceptions   NEGATIVE_BALANCE (available fell, and is below zero), BALANCE_OVERFLOW (the amount
--              would leave the range of the columns: recorded, nothing moved)
CREATE OR REPLACE FUNCTION cbs.book(
  p_now timestamptz,
  p_record cbs.authorization_record,
  p_account cbs.account,
  p_card cbs.card,
  p_decision cbs.decision
) RETURNS cbs.booking
LANGUAGE plpgsql AS $$
DECLARE
  d cbs.decision := p_decision;
  v_account cbs.account := p_account;
  v_card cbs.card := p_card;
  v_operation_id bigint := nextval('cbs.operation_id_sequence');
  v_kind text := CASE WHEN p_record.message_class IN ('0400', '0420') THEN 'reversal'
                      ELSE coalesce(p_record.kind, 'unsupported') END;
  v_chain_kind text := coalesce(p_decision.chain_kind, v_kind);
  v_root_at timestamptz := coalesce(p_decision.chain_root_at, p_now);
  v_limit_delta_minor bigint := 0;
BEGIN
  IF d.ledger_delta_minor <> 0 OR d.held_delta_minor <> 0 THEN
    d := cbs.bound_effect(p_account, p_card, d);
    v_account.ledger_minor := v_account.ledger_minor + d.ledger_delta_minor;
    v_account.held_minor := v_account.held_minor + d.held_delta_minor;
    v_limit_delta_minor := CASE WHEN v_chain_kind IN ('purchase', 'cash')
      THEN d.held_delta_minor - d.ledger_delta_minor ELSE 0 END;
    IF v_limit_delta_minor <> 0 AND v_root_at > p_card.window_start_at THEN
      v_card.window_next_at := least(p_card.window_next_at, v_root_at);
      v_card.window_total_minor := p_card.window_total_minor + v_limit_delta_minor;
      IF v_chain_kind = 'cash' THEN
        v_card.window_cash_minor := p_card.window_cash_minor + v_limit_delta_minor;
      END IF;
    END IF;
  END IF;
  IF p_record.message_class IN ('0120', '0220', '0400', '0420') AND d.match_rung IS NULL
      AND p_card.card_token IS NOT NULL THEN
    v_card.orphan_until := greatest(p_card.orphan_until, p_now + interval '240 hours');
  END IF;
  RETURN ROW(
    ROW(p_record.ordinal, v_operation_id, p_record.account_id, d.response_code,
      d.reply_authorization_code, d.reply_amount_minor, d.reply_billing_amount_minor,
      d.reply_billing_currency, d.additional_amounts, false, d.reasons),
    ROW(p_record.account_id, p_record.card_token, p_record.operation_date, p_record.identity_key,
      p_record.attempt, v_operation_id, gen_random_uuid(), pg_current_xact_id(), p_record.trace_id,
      'card', coalesce(d.kind, v_kind), coalesce(d.chain_id, v_operation_id), v_root_at,
      v_chain_kind, d.chain_state, d.match_rung, d.ledger_delta_minor, d.held_delta_minor,
      v_limit_delta_minor, d.response_code, d.reasons, p_record.exceptions || d.exceptions,
      p_record.network, p_record.message_type, p_record.message_class, p_record.processing_code,
      p_record.amount_minor, p_record.currency, d.billing_amount_minor, p_record.billing_currency,
      p_record.transmitted_at, p_record.stan, p_record.local_time, p_record.local_date,
      p_record.merchant_category_code, p_record.acquirer_country, p_record.acquirer_id,
      p_record.forwarder_id, p_record.pos_entry_mode, p_record.pos_condition_code, p_record.entry,
      p_record.is_card_present, p_record.is_pin_present, p_record.retrieval_reference,
      p_record.authorization_code, p_record.advice_response_code, p_record.terminal_id,
      p_record.merchant_id, p_record.merchant_name, p_record.lifecycle_id,
      p_record.original_message_type, p_record.original_stan, p_record.original_transmitted_at,
      p_record.original_acquirer_id, p_record.replacement_amount_minor,
      p_record.replacement_billing_amount_minor, p_record.reason_code, p_record.format_error,
      p_record.pan_masked, d.reply_authorization_code, d.reply_amount_minor,
      d.reply_billing_amount_minor, d.reply_billing_currency, d.additional_amounts,
      p_record.received_at, p_now),
    v_account, v_card)::cbs.booking;
END
$$;

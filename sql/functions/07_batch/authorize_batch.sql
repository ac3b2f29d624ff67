-- Decides a batch: one record after the other in memory; all of it is written at the end.
--
-- The outcomes are those that the same records would have had one by one; two records of one key
-- behave as if sent one after the other. Accounts and cards are carried from record to record, so
-- only a record that reads the log can miss what is not written yet: where its account has such
-- rows, they are written first. Records of other accounts never concern it.
--
-- 1  a key that is in the log already, or a repeat: answer from there
-- 2  move the rolling window of the card
-- 3  decide by class
-- 4  book
--
-- p_now, p_batch  the clock; normalised records in order, and the rows that they are decided on
-- Result       one outcome per record, in order
-- Rows locked  none; the caller holds the accounts
-- Callers      cbs_api.authorize_v1
CREATE OR REPLACE FUNCTION cbs.authorize_batch(
  p_now timestamptz,
  p_batch cbs.batch
) RETURNS SETOF cbs.outcome
LANGUAGE plpgsql AS $$
DECLARE
  v_window_start_at timestamptz := p_now - interval '720 hours';
  v_accounts cbs.account[] := p_batch.accounts;
  v_cards cbs.card[] := p_batch.cards;
  v_new_accounts cbs.account[] := '{}';
  v_new_cards cbs.card[] := '{}';
  v_operations cbs.operation[] := '{}';
  v_booked_keys bytea[] := '{}';
  v_record cbs.authorization_record;
  v_account cbs.account;
  v_card cbs.card;
  v_account_at integer;
  v_card_at integer;
  v_is_late boolean;
  v_is_known boolean;
  v_is_moving boolean;
  v_resolution cbs.resolution;
  v_outcome cbs.outcome;
  v_decision cbs.decision;
  v_booking cbs.booking;
BEGIN
  FOREACH v_record IN ARRAY p_batch.records LOOP
    v_account_at := array_position(p_batch.account_ids, v_record.account_id);
    v_card_at := array_position(p_batch.card_tokens, v_record.card_token);
    v_account := coalesce(v_new_accounts[v_account_at], v_accounts[v_account_at]);
    v_card := coalesce(v_new_cards[v_card_at], v_cards[v_card_at]);
    v_is_late := v_account_at < v_record.ordinal;
    v_is_known := coalesce(v_record.is_known, false) OR v_record.is_repeat
      OR v_is_late AND v_record.identity_key = ANY (v_booked_keys);
    v_is_moving := coalesce(v_window_start_at < v_card.window_start_at
      OR v_window_start_at >= v_card.window_next_at, false);
    IF v_is_late AND (v_is_known OR v_is_moving OR v_card.orphan_until > p_now
        OR v_record.message_class NOT IN ('0100', '0200')) AND cardinality(v_operations) > 0 THEN
      v_operations := cbs.write_batch(v_operations, v_new_accounts, v_new_cards);
    END IF;

    IF v_is_known THEN
      v_resolution := cbs.resolve_record(v_record);
      v_outcome := v_resolution.outcome;
      IF v_outcome.ordinal IS NOT NULL THEN
        RETURN NEXT v_outcome;
        CONTINUE;
      END IF;
      v_record := v_resolution.record;
    END IF;
    IF v_is_moving THEN
      v_card := cbs.move_window(p_now, v_card);
    END IF;
    CASE
      WHEN v_record.format_error IS NOT NULL THEN
        v_decision := cbs.decline(v_record, ARRAY['FORMAT_ERROR'], NULL);
      WHEN v_record.message_class IN ('0400', '0420') THEN
        v_decision := cbs.decide_reversal(p_now, v_record, v_account);
      WHEN v_record.message_class IN ('0120', '0220') THEN
        v_decision := cbs.decide_advice(p_now, v_record, v_account, v_card);
      ELSE
        v_decision := cbs.decide_request(p_now, v_record, v_account, v_card);
    END CASE;
    v_booking := cbs.book(p_now, v_record, v_account, v_card, v_decision);
    v_operations := v_operations || v_booking.operation;
    v_booked_keys := v_booked_keys || (v_booking.operation).identity_key;
    v_new_accounts[v_account_at] := v_booking.account;
    v_new_cards[v_card_at] := v_booking.card;
    RETURN NEXT v_booking.outcome;
  END LOOP;
  IF cardinality(v_operations) > 0 THEN
    v_operations := cbs.write_batch(v_operations, v_new_accounts, v_new_cards);
  END IF;
END
$$;

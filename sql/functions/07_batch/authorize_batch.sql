-- Decides a batch: locks everything once, decides one record after the other in memory, and writes
-- all of it at the end.
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
-- p_now, p_records  the clock; normalised records in order
-- Result       one outcome per record, in order
-- Rows locked  accounts in id order, then cards in token order (cbs.lock_batch)
-- Callers      cbs_api.authorize_v1
CREATE OR REPLACE FUNCTION cbs.authorize_batch(
  p_now timestamptz,
  p_records cbs.authorization_record[]
) RETURNS SETOF cbs.outcome
LANGUAGE plpgsql AS $$
DECLARE
  v_locked cbs.locked := cbs.lock_batch(
    ARRAY(SELECT r.account_id FROM unnest(p_records) AS r),
    ARRAY(SELECT r.card_token FROM unnest(p_records) AS r WHERE r.account_id > 0));
  v_known_keys bytea[] := cbs.find_known_keys(p_records);
  v_window_start_at timestamptz := p_now - interval '720 hours';
  v_accounts cbs.account[] := v_locked.accounts;
  v_cards cbs.card[] := v_locked.cards;
  v_is_touched boolean[] := '{}';
  v_operations cbs.operation[] := '{}';
  v_record cbs.authorization_record;
  v_account cbs.account;
  v_card cbs.card;
  v_account_at integer;
  v_card_at integer;
  v_is_known boolean;
  v_is_moving boolean;
  v_resolution cbs.resolution;
  v_outcome cbs.outcome;
  v_decision cbs.decision;
  v_booking cbs.booking;
BEGIN
  FOREACH v_record IN ARRAY p_records LOOP
    v_account_at := array_position(v_locked.account_ids, v_record.account_id);
    v_card_at := CASE WHEN v_record.account_id > 0
      THEN array_position(v_locked.card_tokens, v_record.card_token) END;
    v_card := v_cards[v_card_at];
    v_account := CASE WHEN v_card_at IS NOT NULL THEN v_accounts[v_account_at] END;

    v_is_known := v_record.is_repeat OR v_record.identity_key = ANY (v_known_keys);
    v_is_moving := v_window_start_at < v_card.window_start_at
      OR v_window_start_at >= v_card.window_next_at;
    IF v_is_touched[v_account_at] AND (v_is_known OR v_is_moving
        OR v_record.message_class NOT IN ('0100', '0200') OR v_card.orphan_until > p_now) THEN
      v_operations := cbs.write_batch(v_operations, v_accounts, v_cards);
      v_is_touched := '{}';
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
    v_is_touched[v_account_at] := true;
    v_known_keys := v_known_keys || (v_booking.operation).identity_key;
    IF v_card_at IS NOT NULL THEN
      v_accounts[v_account_at] := v_booking.account;
      v_cards[v_card_at] := v_booking.card;
    END IF;
    RETURN NEXT v_booking.outcome;
  END LOOP;
  IF v_operations <> '{}' THEN
    v_operations := cbs.write_batch(v_operations, v_accounts, v_cards);
  END IF;
END
$$;

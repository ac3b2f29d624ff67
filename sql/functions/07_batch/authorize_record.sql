-- Decides and books one record of a batch.
--
-- 1  load the holder: account and card
-- 2  a key that is in the log already: answer from there
-- 3  move the rolling window of the card
-- 4  decide by class
-- 5  book
--
-- p_now, p_record  the clock; a normalised record
-- Result       the outcome
-- Rows locked  none of its own; the batch holds accounts and cards
-- Callers      cbs.authorize_batch
CREATE OR REPLACE FUNCTION cbs.authorize_record(
  p_now timestamptz,
  p_record cbs.authorization_record
) RETURNS cbs.outcome
LANGUAGE plpgsql AS $$
DECLARE
  v_record cbs.authorization_record := p_record;
  v_holder cbs.holder;
  v_account cbs.account;
  v_card cbs.card;
  v_stored cbs.operation;
  v_resolution cbs.resolution;
  v_outcome cbs.outcome;
  v_decision cbs.decision;
  v_is_window_moved boolean := false;
BEGIN
  SELECT a, c
    INTO v_holder
    FROM cbs.card c
    JOIN cbs.account a ON a.account_id = c.account_id
   WHERE c.card_token = v_record.card_token AND c.account_id = v_record.account_id;
  v_account := v_holder.account;
  v_card := v_holder.card;

  v_stored := cbs.find_operation(v_record.account_id, v_record.card_token, v_record.identity_key);
  IF v_stored.operation_id IS NULL AND v_record.is_repeat THEN
    v_stored := cbs.find_repeat(v_record);
  END IF;
  IF v_stored.operation_id IS NOT NULL THEN
    v_resolution := cbs.resolve_repeat(v_record, v_stored);
    v_outcome := v_resolution.outcome;
    IF v_outcome.ordinal IS NOT NULL THEN
      RETURN v_outcome;
    END IF;
    v_record := v_resolution.record;
  END IF;

  IF p_now - interval '720 hours' NOT BETWEEN v_card.window_start_at
      AND v_card.window_next_at - interval '1 microsecond' THEN
    v_card := cbs.move_window(p_now, v_card);
    v_is_window_moved := true;
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
  RETURN cbs.book(p_now, v_record, v_account, v_card, v_is_window_moved, v_decision);
END
$$;

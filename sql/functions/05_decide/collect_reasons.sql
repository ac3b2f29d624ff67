-- Every reason to decline a request: one line each, in the order of their priority.
--
-- To add a reason: a row in sql/reference/0050_decline_reasons.sql and a line here.
--
-- p_record, p_account, p_card  account and card are null for a card that nobody knows; what is not
--                              known gives no reason
-- p_billing_minor              amount in the currency of the account, null if the message has none
-- Result       reasons, empty for an approval
-- Rows locked  none; the caller holds account and card
-- Callers      cbs.decide_request
--
-- Money to the holder (refund, credit) asks only for the shape, a known card that is not cancelled
-- and an account that is not closed. An account verification asks for neither options, limits nor
-- funds; a balance inquiry for neither limits nor funds.
CREATE OR REPLACE FUNCTION cbs.collect_reasons(
  p_now timestamptz,
  p_record cbs.authorization_record,
  p_account cbs.account,
  p_card cbs.card,
  p_billing_minor bigint
) RETURNS text[]
LANGUAGE plpgsql STABLE AS $$
DECLARE
  v_kind text := coalesce(p_record.kind, 'unsupported');
  v_is_known boolean := p_card.card_token IS NOT NULL;
  v_is_moving boolean := p_record.direction <> 'none';
  v_is_guarded boolean := p_record.direction <> 'credit';
  v_is_used boolean := v_is_guarded AND v_kind <> 'verification';
  v_debit_minor bigint := CASE WHEN p_record.direction = 'debit'
    AND p_billing_minor BETWEEN 1 AND 999999999999 THEN p_billing_minor END;
  v_available_minor bigint :=
    p_account.ledger_minor - p_account.held_minor + p_account.overdraft_minor;
BEGIN
  RETURN array_remove(ARRAY[
    -- shape
    CASE WHEN v_kind = 'unsupported' THEN 'UNSUPPORTED_TRANSACTION' END,
    CASE WHEN v_is_moving AND NOT cbs.is_amount_right(p_record, p_account, p_billing_minor)
      THEN 'INVALID_AMOUNT' END,
    CASE WHEN v_is_moving AND v_is_known AND p_billing_minor IS NULL
      THEN 'NO_BILLING_AMOUNT' END,
    -- identity
    CASE WHEN NOT v_is_known THEN cbs.unknown_card_reason(p_record.pan_masked) END,
    CASE WHEN v_is_guarded AND p_card.status = 'stolen' THEN 'CARD_STOLEN' END,
    CASE WHEN v_is_guarded AND p_card.status = 'lost' THEN 'CARD_LOST' END,
    CASE WHEN v_is_guarded AND p_card.status = 'fraud_blocked' THEN 'CARD_FRAUD_BLOCK' END,
    CASE WHEN p_account.status = 'closed' THEN 'ACCOUNT_CLOSED' END,
    CASE WHEN p_card.status = 'cancelled' THEN 'CARD_CANCELLED' END,
    CASE WHEN v_is_guarded AND p_account.status = 'blocked' THEN 'ACCOUNT_BLOCKED' END,
    CASE WHEN v_is_guarded AND p_card.status = 'not_activated' THEN 'CARD_NOT_ACTIVATED' END,
    CASE WHEN v_is_guarded AND p_now >= p_card.expires_at THEN 'CARD_EXPIRED' END,
    CASE WHEN v_is_guarded AND p_record.expiry <> p_card.expiry THEN 'EXPIRY_MISMATCH' END,
    CASE WHEN v_is_guarded AND p_card.status = 'frozen' THEN 'CARD_FROZEN' END,
    -- security
    CASE WHEN v_is_used AND v_is_known AND v_kind = 'cash' AND NOT p_record.is_pin_present
      AND p_record.entry NOT IN ('chip', 'contactless') THEN 'PIN_MISSING' END,
    -- permission
    CASE WHEN v_is_used AND cbs.is_option_off(p_record, p_card) THEN 'OPTION_OFF' END,
    -- limits
    CASE WHEN v_debit_minor > p_card.transaction_limit_minor THEN 'TX_AMOUNT_LIMIT' END,
    CASE WHEN v_debit_minor + p_card.window_total_minor > p_card.rolling_limit_minor
      THEN 'MONTH_LIMIT' END,
    CASE WHEN v_kind = 'cash' AND v_debit_minor + p_card.window_cash_minor
      > p_card.atm_limit_minor THEN 'ATM_LIMIT' END,
    -- funds
    CASE WHEN v_debit_minor > v_available_minor THEN 'INSUFFICIENT_FUNDS' END
  ], NULL);
END
$$;

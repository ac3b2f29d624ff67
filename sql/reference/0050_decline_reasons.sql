-- Reasons to decline: the lowest priority is answered, all are stored. "amount": a smaller amount
-- would cure it. Then the response code per network. The conditions stand in
-- sql/functions/05_decide/collect_reasons.sql, except those of the first three priorities, which
-- stand alone.
WITH source (reason, priority, is_amount_reason, visa_like, mastercard_like, meaning) AS (VALUES
  ('FORMAT_ERROR',             10, false, '30', '30', 'the message cannot be read'),
  ('DUPLICATE_KEY_MISMATCH',   12, false, '94', '94', 'same key, other content'),
  ('REVERSED',                 13, false, '05', '05', 'the approval has been reversed'),
  ('REVERSED_BEFORE_ORIGINAL', 13, false, '05', '05', 'its reversal came first'),
  ('UNSUPPORTED_TRANSACTION',  15, false, '12', '12', 'a kind that is not offered'),
  ('INVALID_AMOUNT',           16, false, '13', '13', 'no amount, zero, or too large'),
  ('NO_BILLING_AMOUNT',        16, false, '13', '13', 'no amount in the account currency'),
  ('UNKNOWN_ISSUER',           20, false, '15', '15', 'the number is not ours'),
  ('CARD_NOT_FOUND',           21, false, '14', '14', 'our number, never issued'),
  ('CARD_STOLEN',              25, false, '43', '43', 'reported stolen'),
  ('CARD_LOST',                26, false, '41', '41', 'reported lost'),
  ('CARD_FRAUD_BLOCK',         27, false, '59', '63', 'blocked for fraud'),
  ('ACCOUNT_CLOSED',           30, false, '46', '46', 'the account is closed'),
  ('CARD_CANCELLED',           30, false, '46', '46', 'the card is cancelled'),
  ('ACCOUNT_BLOCKED',          32, false, '62', '62', 'the account is blocked'),
  ('CARD_NOT_ACTIVATED',       33, false, '78', '72', 'not activated yet'),
  ('CARD_EXPIRED',             34, false, '54', '54', 'past the month of expiry'),
  ('EXPIRY_MISMATCH',          34, false, '54', '54', 'another expiry than the card'),
  ('CARD_FROZEN',              35, false, '62', '62', 'frozen by the holder'),
  ('PIN_MISSING',              44, false, '70', '55', 'cash without PIN or chip'),
  ('OPTION_OFF',               55, false, '62', '57', 'switched off by the holder'),
  ('TX_AMOUNT_LIMIT',          60, false, '61', '61', 'above the transaction limit'),
  ('MONTH_LIMIT',              60, true,  '61', '61', 'above the limit of 30 x 24 hours'),
  ('ATM_LIMIT',                60, false, '61', '61', 'above the cash limit of 30 x 24 hours'),
  ('INSUFFICIENT_FUNDS',       70, true,  '51', '51', 'more than is available'),
  ('SYSTEM_ERROR',             90, false, '96', '96', 'the decision could not be made')
), reasons AS (
  INSERT INTO cbs.decline_reason (reason, priority, is_amount_reason, meaning)
  SELECT s.reason, s.priority, s.is_amount_reason, s.meaning FROM source s
  ON CONFLICT (reason) DO UPDATE
    SET priority = EXCLUDED.priority, is_amount_reason = EXCLUDED.is_amount_reason,
        meaning = EXCLUDED.meaning
)
INSERT INTO cbs.decline_reason_code (reason, network, response_code)
SELECT s.reason, n.network, n.response_code
  FROM source s
 CROSS JOIN LATERAL (VALUES ('visa_like', s.visa_like), ('mastercard_like', s.mastercard_like))
       AS n (network, response_code)
ON CONFLICT (reason, network) DO UPDATE SET response_code = EXCLUDED.response_code;

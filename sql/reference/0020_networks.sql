-- Networks, and the answers in which they differ.
INSERT INTO cbs.network (network, verification_approved_code, reversal_unmatched_code) VALUES
  ('visa_like', '85', '00'),
  ('mastercard_like', '85', '00')
ON CONFLICT (network) DO UPDATE
  SET verification_approved_code = EXCLUDED.verification_approved_code,
      reversal_unmatched_code = EXCLUDED.reversal_unmatched_code;

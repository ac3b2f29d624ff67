-- The first two digits of DE3: what a transaction does with money.
INSERT INTO cbs.processing_kind (prefix, kind, is_partial_allowed, is_advice_only, meaning) VALUES
  ('00', 'purchase', true, false, 'purchase'),
  ('01', 'cash', false, false, 'cash at a machine'),
  ('02', 'purchase', false, true, 'debit adjustment'),
  ('09', 'purchase', true, false, 'purchase with cash back'),
  ('10', 'purchase', false, false, 'funding of another account'),
  ('11', 'purchase', false, false, 'quasi-cash'),
  ('17', 'cash', false, false, 'cash at a counter'),
  ('20', 'refund', false, false, 'refund'),
  ('22', 'credit', false, true, 'credit adjustment'),
  ('26', 'credit', false, false, 'original credit'),
  ('28', 'credit', false, false, 'payment or load'),
  ('30', 'inquiry', false, false, 'balance inquiry'),
  ('31', 'inquiry', false, false, 'balance inquiry')
ON CONFLICT (prefix) DO UPDATE
  SET kind = EXCLUDED.kind, is_partial_allowed = EXCLUDED.is_partial_allowed,
      is_advice_only = EXCLUDED.is_advice_only, meaning = EXCLUDED.meaning;

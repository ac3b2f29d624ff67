-- ISO 4217: numeric code, letters, and the number of decimal digits of the minor unit.
INSERT INTO cbs.currency (currency, alphabetic_code, exponent) VALUES
  ('036', 'AUD', 2), ('048', 'BHD', 3), ('124', 'CAD', 2), ('152', 'CLP', 0), ('156', 'CNY', 2),
  ('203', 'CZK', 2), ('208', 'DKK', 2), ('344', 'HKD', 2), ('348', 'HUF', 2), ('352', 'ISK', 0),
  ('356', 'INR', 2), ('360', 'IDR', 2), ('368', 'IQD', 3), ('376', 'ILS', 2), ('392', 'JPY', 0),
  ('400', 'JOD', 3), ('410', 'KRW', 0), ('414', 'KWD', 3), ('458', 'MYR', 2), ('484', 'MXN', 2),
  ('504', 'MAD', 2), ('512', 'OMR', 3), ('554', 'NZD', 2), ('578', 'NOK', 2), ('608', 'PHP', 2),
  ('634', 'QAR', 2), ('643', 'RUB', 2), ('682', 'SAR', 2), ('702', 'SGD', 2), ('704', 'VND', 0),
  ('710', 'ZAR', 2), ('752', 'SEK', 2), ('756', 'CHF', 2), ('764', 'THB', 2), ('784', 'AED', 2),
  ('788', 'TND', 3), ('818', 'EGP', 2), ('826', 'GBP', 2), ('840', 'USD', 2), ('901', 'TWD', 2),
  ('933', 'BYN', 2), ('941', 'RSD', 2), ('946', 'RON', 2), ('949', 'TRY', 2), ('950', 'XAF', 0),
  ('952', 'XOF', 0), ('975', 'BGN', 2), ('978', 'EUR', 2), ('980', 'UAH', 2), ('985', 'PLN', 2),
  ('986', 'BRL', 2), ('999', 'XXX', 0)
ON CONFLICT (currency) DO UPDATE
  SET alphabetic_code = EXCLUDED.alphabetic_code, exponent = EXCLUDED.exponent;

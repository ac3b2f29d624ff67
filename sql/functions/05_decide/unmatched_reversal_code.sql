-- Response code of a reversal whose original is unknown: an advice is never refused; a request gets
-- the code of its network, 00 by default.
--
-- Rows locked  none
-- Callers      cbs.decide_reversal
CREATE OR REPLACE FUNCTION cbs.unmatched_reversal_code(
  p_network text,
  p_message_class text
) RETURNS text
LANGUAGE sql STABLE AS $$
  SELECT coalesce((SELECT n.reversal_unmatched_code FROM cbs.network n
                    WHERE n.network = p_network AND p_message_class = '0400'), '00')
$$;

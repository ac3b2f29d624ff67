-- What kind of transaction a record is about.
--
-- p_kind, p_is_advice_only  from cbs.processing_kind; null where DE3 is not offered
-- p_is_marked      the message has the mark of an account verification; it counts where a purchase
--                  or cash has the amount zero
-- Result           null for a kind, or a class of message, that is not offered
-- Rows locked  none
-- Callers      cbs.read_batch
CREATE OR REPLACE FUNCTION cbs.kind_of(
  p_kind text,
  p_is_advice_only boolean,
  p_message_class text,
  p_is_marked boolean,
  p_amount_minor bigint
) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE
    WHEN p_message_class NOT IN ('0100', '0120', '0200', '0220', '0400', '0420') THEN NULL
    WHEN p_is_advice_only AND p_message_class NOT IN ('0120', '0220') THEN NULL
    WHEN p_is_marked AND p_amount_minor = 0 AND p_kind IN ('purchase', 'cash') THEN 'verification'
    ELSE p_kind END
$$;

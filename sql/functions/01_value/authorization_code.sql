-- DE38 of an approval: six letters or digits.
--
-- Derived from key and attempt, so that a batch gives what the same messages give one by one.
-- Not unique, as the field never is.
--
-- Rows locked  none
-- Callers      cbs.approve, cbs.answer_from_advice
CREATE OR REPLACE FUNCTION cbs.authorization_code(
  p_identity_key bytea,
  p_attempt smallint
) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT upper(left(encode(sha256(p_identity_key || int2send(p_attempt)), 'hex'), 6))
$$;

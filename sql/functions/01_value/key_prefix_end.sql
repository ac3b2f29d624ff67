-- The last identity key that starts with a prefix of four bytes: with the prefix itself it bounds a
-- range of the key, where a comparison of substrings would read the whole day of the card.
--
-- p_prefix     four bytes, or null
-- Result       sixteen bytes, null for null
-- Rows locked  none
-- Callers      the rungs of 04_match that know a DE7
CREATE OR REPLACE FUNCTION cbs.key_prefix_end(p_prefix bytea) RETURNS bytea
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT p_prefix || '\xffffffffffffffffffffffff'::bytea
$$;

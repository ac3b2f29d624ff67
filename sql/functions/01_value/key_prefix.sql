-- The four bytes that the identity keys of one second start with.
--
-- p_instant    an instant, or null
-- Result       null for null and for instants that no key can carry
-- Rows locked  none
-- Callers      the rungs of 04_match that know a DE7
CREATE OR REPLACE FUNCTION cbs.key_prefix(p_instant timestamptz) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN p_instant BETWEEN '1970-01-01 00:00:00+00' AND '2106-01-01 00:00:00+00'
    THEN substr(int8send(floor(extract(epoch FROM p_instant))::bigint), 5, 4) END
$$;

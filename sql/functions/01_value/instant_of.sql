-- Instant of a count of microseconds since 1970 (UTC).
--
-- p_microseconds  as the codec gives it; any value
-- Result          null for null and for anything outside the years 1970 to 2099
-- Rows locked     none
-- Callers         cbs.read_batch
CREATE OR REPLACE FUNCTION cbs.instant_of(p_microseconds bigint) RETURNS timestamptz
LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN p_microseconds BETWEEN 0 AND 4102444799999999
    THEN timestamptz '1970-01-01 00:00:00+00' + p_microseconds * interval '1 microsecond' END
$$;

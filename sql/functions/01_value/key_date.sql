-- UTC date of the second that an identity key starts with: the operation date.
--
-- p_identity_key  16 bytes; the first four are the second of DE7, big-endian
-- Result          a date from 1970 to 2106, whatever the bytes are
-- Rows locked     none
-- Callers         cbs.read_batch, cbs.find_operation
CREATE OR REPLACE FUNCTION cbs.key_date(p_identity_key bytea) RETURNS date
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT date '1970-01-01' + (((get_byte(p_identity_key, 0)::bigint << 24)
    + (get_byte(p_identity_key, 1) << 16) + (get_byte(p_identity_key, 2) << 8)
    + get_byte(p_identity_key, 3)) / 86400)::integer
$$;

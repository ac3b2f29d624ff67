-- Identity of an advice whose key is taken by a message with other content.
--
-- The second of DE7 stays in front; the rest is a hash of key and fingerprint, so that the same
-- advice sent again finds its own operation.
--
-- Rows locked  none
-- Callers      cbs.resolve_repeat
CREATE OR REPLACE FUNCTION cbs.derived_key(p_record cbs.authorization_record) RETURNS bytea
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT substr(p_record.identity_key, 1, 4) || substr(sha256(p_record.identity_key
    || convert_to(concat_ws('|', coalesce(p_record.processing_code, '-'),
         coalesce(p_record.amount_minor::text, '-'), coalesce(p_record.currency, '-'),
         CASE WHEN p_record.message_class = '0420'
           THEN coalesce(p_record.replacement_amount_minor::text, '-') END), 'UTF8')), 1, 12)
$$;

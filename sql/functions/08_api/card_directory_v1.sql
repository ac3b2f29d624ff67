-- One page of the card directory, in token order: which account a card belongs to.
--
-- p_after      token after which the page starts; null or empty for the first page
-- p_limit      rows at most
-- Result       card_token, account_id; an empty page is the end
-- Rows locked  none
-- Callers      cbs.database.procedures.card_directory, for the lanes of the server
CREATE OR REPLACE FUNCTION cbs_api.card_directory_v1(
  p_after bytea,
  p_limit integer
) RETURNS TABLE (card_token bytea, account_id bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, cbs, pg_temp
AS $$
#variable_conflict error
BEGIN
  RETURN QUERY
  SELECT c.card_token, c.account_id
    FROM cbs.card c
   WHERE c.card_token > coalesce(p_after, '')
   ORDER BY c.card_token
   LIMIT p_limit;
END
$$;

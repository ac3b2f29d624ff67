-- Sets the status of an account.
--
-- p_status     active, blocked, closed
-- Rows locked  the account
-- Callers      operators, portfolio tools and tests
CREATE OR REPLACE FUNCTION cbs_api.set_account_status_v1(
  p_now timestamptz,
  p_account_id bigint,
  p_status text
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, cbs, pg_temp
AS $$
BEGIN
  UPDATE cbs.account a SET status = p_status
   WHERE a.account_id = p_account_id AND a.account_id > 0;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'account % does not exist', p_account_id USING ERRCODE = 'no_data_found';
  END IF;
END
$$;

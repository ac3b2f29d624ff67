-- Gives each role what it may do, and takes everything else from PUBLIC.
--
-- Result       the roles that are missing; an administrator creates them, the next run of the
--              loader grants
-- Rows locked  catalogue rows
-- Callers      cbs.database.migrate, after every run, in the transaction that creates functions
CREATE OR REPLACE FUNCTION cbs.grant_entry_points() RETURNS text[]
LANGUAGE plpgsql AS $$
DECLARE
  v_missing text[] := ARRAY(
    SELECT w.role FROM unnest(ARRAY['cbs_owner', 'cbs_service', 'cbs_readonly', 'cbs_operator'])
           AS w (role)
     WHERE NOT EXISTS (SELECT FROM pg_roles r WHERE r.rolname = w.role));
BEGIN
  REVOKE ALL ON SCHEMA cbs, cbs_api FROM PUBLIC;
  REVOKE ALL ON ALL FUNCTIONS IN SCHEMA cbs, cbs_api FROM PUBLIC;
  REVOKE ALL ON ALL TABLES IN SCHEMA cbs, cbs_api FROM PUBLIC;
  IF NOT 'cbs_service' = ANY (v_missing) THEN
    GRANT USAGE ON SCHEMA cbs_api TO cbs_service;
    GRANT EXECUTE ON FUNCTION cbs_api.authorize_v1, cbs_api.void_unsent_v1,
      cbs_api.card_directory_v1, cbs_api.contract_version_v1 TO cbs_service;
  END IF;
  IF NOT 'cbs_readonly' = ANY (v_missing) THEN
    GRANT USAGE ON SCHEMA cbs, cbs_api TO cbs_readonly;
    GRANT SELECT ON ALL TABLES IN SCHEMA cbs TO cbs_readonly;
    GRANT EXECUTE ON FUNCTION cbs_api.account_state_v1, cbs_api.check_v1,
      cbs_api.contract_version_v1 TO cbs_readonly;
  END IF;
  IF NOT 'cbs_operator' = ANY (v_missing) THEN
    GRANT USAGE ON SCHEMA cbs, cbs_api TO cbs_operator;
    GRANT SELECT ON ALL TABLES IN SCHEMA cbs TO cbs_operator;
    GRANT EXECUTE ON FUNCTION cbs_api.open_account_v1, cbs_api.issue_card_v1,
      cbs_api.set_card_status_v1, cbs_api.set_account_status_v1, cbs_api.add_issuer_bin_v1,
      cbs_api.account_state_v1, cbs_api.check_v1, cbs_api.contract_version_v1 TO cbs_operator;
  END IF;
  RETURN v_missing;
END
$$;

-- The four roles of CBS, created only if they are absent.
--
-- cbs_owner     owns every object; no login
-- cbs_service   may execute the entry points of cbs_api; no right on any table
-- cbs_readonly  may read the tables, for reports and support
-- cbs_operator  may read, and execute the entry points that open accounts and issue cards
--
-- Runs before the migrations, every time. A connecting role without CREATEROLE makes none of them;
-- the loader goes on without and says which statements an administrator has to run.
DO $$
DECLARE
  v_role text;
BEGIN
  FOREACH v_role IN ARRAY ARRAY['cbs_owner', 'cbs_service', 'cbs_readonly', 'cbs_operator'] LOOP
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE r.rolname = v_role) THEN
      BEGIN
        EXECUTE pg_catalog.format('CREATE ROLE %I NOLOGIN', v_role);
      EXCEPTION
        WHEN insufficient_privilege THEN
          RAISE NOTICE 'role % is missing; an administrator must run: CREATE ROLE % NOLOGIN',
            v_role, v_role;
        WHEN duplicate_object OR unique_violation THEN
          -- Another database of this cluster is being set up at the same moment.
          NULL;
      END;
    END IF;
  END LOOP;
END
$$;

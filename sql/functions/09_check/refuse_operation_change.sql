-- Refuses every change of the operation log: it is append-only.
--
-- Rows locked  none
-- Callers      the triggers of the operation log
CREATE OR REPLACE FUNCTION cbs.refuse_operation_change() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'cbs.operation is append-only' USING ERRCODE = 'restrict_violation';
END
$$;

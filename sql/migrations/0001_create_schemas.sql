-- Schemas, and the tables in which the loader keeps what it applied.

CREATE SCHEMA cbs;
COMMENT ON SCHEMA cbs IS 'Private: tables, types and the parts of the decision.';
CREATE SCHEMA cbs_api;
COMMENT ON SCHEMA cbs_api IS 'Entry points with a version suffix: the only way in for the service.';

CREATE TABLE cbs.schema_migration (
  number integer PRIMARY KEY,
  name text NOT NULL,
  sha256 text NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE cbs.function_file (
  path text PRIMARY KEY,
  sha256 text NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE cbs.contract (
  is_only_row boolean PRIMARY KEY DEFAULT true CHECK (is_only_row),
  version integer NOT NULL
);
COMMENT ON TABLE cbs.contract IS
  'Version of the entry points and their columns; the server compares it when it starts.';

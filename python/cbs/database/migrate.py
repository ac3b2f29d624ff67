"""Brings a database to what `sql/` says: one advisory lock, one transaction, all or nothing.

Migrations run once, in the order of their numbers, and never change afterwards. Functions are
applied again when their file changes; a function that no file declares is an error, so a removal is
a migration too. Reference rows are applied every time.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NamedTuple

import psycopg
from psycopg import sql

from cbs.database.pool import refuse_old_server
from cbs.database.refusals import one_line, quoted
from cbs.errors import DatabaseError

CONTRACT_VERSION: Final = 2
"""Version of the entry points that this code calls; the server compares it with the database's."""

_LOCK_KEY: Final = 0x0CB5_0001
_MIGRATION_NAME: Final = re.compile(r"(\d{4})_[a-z0-9]+(?:_[a-z0-9]+)+\.sql")
_FUNCTION: Final = re.compile(
    r"^CREATE OR REPLACE FUNCTION (cbs|cbs_api)\.(\w+)\s*\(", re.MULTILINE
)


class MigrationReport(NamedTuple):
    """What a run did. Nothing applied: the database was up to date."""

    migrations: tuple[str, ...]
    functions: tuple[str, ...]
    missing_roles: tuple[str, ...]
    """Roles that an administrator has to create; the next run grants them their rights."""
    owner: str
    """Who owns the schema; `cbs_owner`, unless that role was missing or not granted."""
    handover: str
    """The statements that give everything to `cbs_owner`; empty where there is nothing to do."""

    @property
    def summary(self) -> str:
        """What was applied, in one sentence."""
        if not self.migrations and not self.functions:
            return "the database is up to date"
        return f"applied {len(self.migrations)} migrations and {len(self.functions)} functions"

    @property
    def notes(self) -> list[str]:
        """What is left for an administrator, a line each."""
        notes = []
        if self.missing_roles:
            statements = "; ".join(f"CREATE ROLE {role} NOLOGIN" for role in self.missing_roles)
            notes.append(
                f"roles are missing; an administrator runs: {statements}; then cbs migrate again"
            )
        if self.handover:
            notes.append(
                f"everything belongs to {self.owner} and not to cbs_owner; "
                f"in this database an administrator runs: {self.handover}"
            )
        return notes


class _Script(NamedTuple):
    path: str
    text: str

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def number(self) -> int:
        return int(Path(self.path).name[:4])

    @property
    def function(self) -> tuple[str, str]:
        """Schema and name of the one function that the file declares."""
        declared = _FUNCTION.findall(self.text)
        stem = Path(self.path).stem
        if len(declared) != 1 or declared[0][1] != stem:
            raise DatabaseError(f"sql/{self.path} must declare one function, named {stem}")
        schema, name = declared[0]
        return str(schema), str(name)


def sql_root() -> Path:
    """The folder of the SQL sources: in the package of an installed wheel, or in the checkout.

    Raises `cbs.errors.DatabaseError` where neither is there.
    """
    package = Path(__file__).resolve().parent.parent
    for folder in (package.parent.parent / "sql", package / "_sql"):
        if (folder / "migrations").is_dir():
            return folder
    raise DatabaseError("the SQL sources are missing: this installation of cbs is not complete")


def migrate(
    url: str,
    *,
    progress: Callable[[str], None] | None = None,
    root: Path | None = None,
) -> MigrationReport:
    """Bring the database at `url` up to date, or leave it as it was.

    Concurrent runs wait for each other. `progress` hears each step in words; `root` replaces the
    folder of the SQL sources. Raises `cbs.errors.DatabaseError`: not reachable, an old PostgreSQL,
    an encoding other than UTF8, no right to it, newer than this code, a changed migration, an
    undeclared function, a script that fails.
    """
    tell = progress or (lambda _: None)
    folder = root or sql_root()
    try:
        with psycopg.connect(url, application_name="cbs migrate") as connection:
            refuse_old_server(connection.info)
            _refuse_other_encoding(connection.info)
            connection.add_notice_handler(lambda notice: _tell_warning(notice, tell))
            return _Run(connection, folder, tell).run()
    except psycopg.Error as error:
        raise DatabaseError(f"the database cannot be migrated: {one_line(error)}") from error


def _refuse_other_encoding(info: psycopg.ConnectionInfo) -> None:
    encoding = info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise DatabaseError(
            f"the database {info.dbname} has the encoding {encoding} and UTF8 is needed; make one "
            f"with: CREATE DATABASE {quoted(info.dbname)} ENCODING 'UTF8' TEMPLATE template0"
        )


def _tell_warning(notice: psycopg.errors.Diagnostic, tell: Callable[[str], None]) -> None:
    if notice.severity_nonlocalized == "WARNING" and notice.message_primary:
        tell(notice.message_primary)


class _Run:
    """One run, inside its transaction."""

    def __init__(
        self, connection: psycopg.Connection[Any], root: Path, tell: Callable[[str], None]
    ) -> None:
        self._connection = connection
        self._root = root
        self._tell = tell

    def run(self) -> MigrationReport:
        self._execute("SET LOCAL lock_timeout = 0; SET LOCAL statement_timeout = 0")
        self._connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK_KEY,))
        self._execute("SET LOCAL check_function_bodies = off")
        self._apply(_Script("roles.sql", _read(self._root / "roles.sql")))
        self._become_owner()
        migrations = self._run_migrations()
        functions = self._apply_functions()
        self._refuse_undeclared()
        for script in _scripts(self._root, "reference"):
            self._apply(script)
        self._connection.execute(
            "INSERT INTO cbs.contract (version) VALUES (%s)"
            " ON CONFLICT (is_only_row) DO UPDATE SET version = EXCLUDED.version",
            (CONTRACT_VERSION,),
        )
        row = self._connection.execute("SELECT cbs.grant_entry_points()").fetchone()
        missing = tuple(row[0]) if row else ()
        owner = self._owner() or ""
        return MigrationReport(migrations, functions, missing, owner, self._handover(owner))

    def _become_owner(self) -> None:
        """Work as the owner of what is there; on a new database as cbs_owner, where possible.

        Entry points run with the rights of their owner: it must not be a superuser if that can be
        helped.
        """
        info, owner = self._connection.info, self._owner()
        if owner == info.user:
            return
        login, database = quoted(info.user), quoted(info.dbname)
        if self._becomes(owner or "cbs_owner") or (owner is None and self._may_create_schemas()):
            return
        if owner is None:
            raise DatabaseError(
                f"{info.user} may not create schemas in the database {info.dbname}; migrate as its "
                f"owner, or an administrator runs: GRANT CREATE ON DATABASE {database} TO {login}"
            )
        raise DatabaseError(
            f"everything belongs to {owner}, as whom {info.user} may not act; migrate as {owner}, "
            f"or an administrator runs: GRANT {quoted(owner)} TO {login}"
        )

    def _owner(self) -> str | None:
        row = self._connection.execute(
            "SELECT pg_get_userbyid(nspowner) FROM pg_namespace WHERE nspname = 'cbs'"
        ).fetchone()
        return str(row[0]) if row else None

    def _becomes(self, owner: str) -> bool:
        """Act as `owner` from here on, if that role is there and lets us."""
        refusals = (psycopg.errors.InsufficientPrivilege, psycopg.errors.UndefinedObject)
        grant = sql.SQL("GRANT CREATE ON DATABASE {} TO cbs_owner").format(
            sql.Identifier(self._connection.info.dbname)
        )
        is_of_use = False
        try:
            with self._connection.transaction() as attempt:
                if owner == "cbs_owner" and self._owner() is None:
                    self._connection.execute(grant)
                self._connection.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(owner)))
                is_of_use = self._owner() is not None or self._may_create_schemas()
                if not is_of_use:
                    raise psycopg.Rollback(attempt)
        except refusals:
            return False
        return is_of_use

    def _may_create_schemas(self) -> bool:
        row = self._connection.execute(
            "SELECT has_database_privilege(current_database(), 'CREATE')"
        ).fetchone()
        return bool(row and row[0])

    def _handover(self, owner: str) -> str:
        """What gives the objects of `owner` to cbs_owner where they are not its own."""
        row = self._connection.execute(
            "SELECT pg_has_role(%s, r.oid, 'MEMBER') FROM pg_roles r"
            " WHERE r.rolname = 'cbs_owner' AND r.rolname <> %s",
            (owner, owner),
        ).fetchone()
        if row is None:
            return ""
        grant = "" if row[0] else f"GRANT cbs_owner TO {quoted(owner)}; "
        return f"{grant}REASSIGN OWNED BY {quoted(owner)} TO cbs_owner"

    def _run_migrations(self) -> tuple[str, ...]:
        scripts = _scripts(self._root, "migrations")
        numbers = [script.number for script in scripts]
        if numbers != list(range(1, len(scripts) + 1)):
            raise DatabaseError("sql/migrations must be numbered 0001, 0002, ... without a gap")
        applied = self._applied("cbs.schema_migration", "number, sha256")
        unknown = sorted(set(applied) - set(numbers))
        if unknown:
            raise DatabaseError(
                f"the database knows migration {unknown[-1]:04}, this code does not; "
                "use a newer cbs"
            )
        done = []
        for script in scripts:
            name = Path(script.path).stem
            if script.number not in applied:
                self._tell(f"migration {name}")
                self._apply(script)
                self._connection.execute(
                    "INSERT INTO cbs.schema_migration (number, name, sha256) VALUES (%s, %s, %s)",
                    (script.number, name, script.sha256),
                )
                done.append(name)
            elif applied[script.number] != script.sha256:
                raise DatabaseError(f"migration {name} was changed after it had been applied")
        return tuple(done)

    def _apply_functions(self) -> tuple[str, ...]:
        applied = self._applied("cbs.function_file", "path, sha256")
        scripts = _scripts(self._root, "functions")
        self._declared = {script.function for script in scripts}
        changed = [script for script in scripts if applied.get(script.path) != script.sha256]
        for script in changed:
            self._replace_function(script, is_known=script.path in applied)
            self._connection.execute(
                "INSERT INTO cbs.function_file (path, sha256) VALUES (%s, %s) ON CONFLICT (path)"
                " DO UPDATE SET sha256 = EXCLUDED.sha256, applied_at = clock_timestamp()",
                (script.path, script.sha256),
            )
        self._connection.execute(
            "DELETE FROM cbs.function_file WHERE NOT path = ANY (%s)",
            ([script.path for script in scripts],),
        )
        if changed:
            self._tell(f"{len(changed)} functions")
        return tuple(script.path for script in changed)

    def _replace_function(self, script: _Script, *, is_known: bool) -> None:
        """Create or replace; where the arguments changed, the former function goes."""
        schema, name = script.function
        before = self._signatures(schema, name) if is_known else set()
        try:
            with self._connection.transaction():
                self._apply(script)
        except psycopg.errors.InvalidFunctionDefinition:
            self._drop(before)
            before = set()
            self._apply(script)
        after = self._signatures(schema, name)
        if len(after) > 1:
            self._drop(before)

    def _drop(self, signatures: set[str]) -> None:
        for signature in sorted(signatures):
            self._execute(f"DROP FUNCTION {signature}")

    def _signatures(self, schema: str, name: str) -> set[str]:
        rows = self._connection.execute(
            "SELECT p.oid::regprocedure::text FROM pg_proc p"
            " WHERE p.pronamespace = %s::regnamespace AND p.proname = %s",
            (schema, name),
        )
        return {row[0] for row in rows}

    def _refuse_undeclared(self) -> None:
        rows = self._connection.execute(
            "SELECT n.nspname, p.proname, p.oid::regprocedure::text FROM pg_proc p"
            " JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname IN ('cbs', 'cbs_api')"
            " ORDER BY p.oid"
        ).fetchall()
        seen: set[tuple[str, str]] = set()
        for schema, name, signature in rows:
            if (schema, name) not in self._declared or (schema, name) in seen:
                raise DatabaseError(
                    f"no file declares the function {signature}; a removal needs a migration"
                )
            seen.add((schema, name))

    def _applied(self, table: str, columns: str) -> dict[Any, str]:
        row = self._connection.execute("SELECT to_regclass(%s) IS NULL", (table,)).fetchone()
        if row and row[0]:
            return {}
        query = sql.SQL("SELECT {} FROM {}").format(
            sql.SQL(", ").join(sql.Identifier(column) for column in columns.split(", ")),
            sql.Identifier(*table.split(".")),
        )
        return dict(self._connection.execute(query).fetchall())

    def _apply(self, script: _Script) -> None:
        try:
            self._execute(script.text)
        except psycopg.errors.InvalidFunctionDefinition:
            raise
        except psycopg.Error as error:
            raise DatabaseError(f"sql/{script.path}: {error}") from error

    def _execute(self, text: str) -> None:
        self._connection.execute(text.encode(), prepare=False)


def _read(path: Path) -> str:
    return path.read_text("utf-8").replace("\r\n", "\n")


def _scripts(root: Path, kind: str) -> list[_Script]:
    """The scripts of one kind in the order of their paths."""
    paths = sorted((root / kind).rglob("*.sql"))
    for path in paths:
        if kind == "migrations" and not _MIGRATION_NAME.fullmatch(path.name):
            raise DatabaseError(f"sql/migrations/{path.name} is not named NNNN_verb_noun.sql")
    return [_Script(path.relative_to(root).as_posix(), _read(path)) for path in paths]

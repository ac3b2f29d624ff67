"""The loader: from nothing, again, all at once, and what it refuses."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest

from cbs.database import pool, procedures
from cbs.database.migrate import CONTRACT_VERSION, migrate, sql_root
from cbs.errors import DatabaseError

LOGIN = "cbs_test_plain_owner"
OWNERS = """
SELECT DISTINCT owner::regrole::text FROM (
  SELECT nspowner FROM pg_namespace WHERE nspname IN ('cbs', 'cbs_api') UNION
  SELECT proowner FROM pg_proc WHERE pronamespace::regnamespace::text IN ('cbs', 'cbs_api') UNION
  SELECT relowner FROM pg_class WHERE relnamespace::regnamespace::text IN ('cbs', 'cbs_api')
) AS o (owner)
"""
ROLES = ("cbs_owner", "cbs_service", "cbs_readonly", "cbs_operator")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A copy of the SQL sources that a test may change."""
    return Path(shutil.copytree(sql_root(), tmp_path / "sql"))


def execute(url: str, statement: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


def with_parameters(url: str, **parameters: str) -> str:
    return psycopg.conninfo.make_conninfo(url, **parameters)


def database_of(url: str) -> str:
    return str(psycopg.conninfo.conninfo_to_dict(url)["dbname"])


@contextlib.contextmanager
def plain_login(url: str) -> Iterator[str]:
    """The URL of a login without any right, which is dropped afterwards with all that it owns."""
    execute(url, f"DROP ROLE IF EXISTS {LOGIN}")
    execute(url, f"CREATE ROLE {LOGIN} LOGIN")
    try:
        yield with_parameters(url, user=LOGIN)
    finally:
        execute(url, f"DROP OWNED BY {LOGIN} CASCADE")
        execute(url, f"DROP ROLE {LOGIN}")


def edit(path: Path, change: Callable[[str], str]) -> None:
    path.write_text(change(path.read_text("utf-8")), "utf-8")


def test_an_empty_database_is_set_up_and_a_second_run_changes_nothing(
    empty_database_url: str,
) -> None:
    heard: list[str] = []
    first = migrate(empty_database_url, progress=heard.append)
    assert len(first.migrations) == len(list((sql_root() / "migrations").glob("*.sql")))
    assert len(first.functions) == len(list((sql_root() / "functions").rglob("*.sql")))
    assert (first.missing_roles, heard != []) == ((), True)
    again = migrate(empty_database_url)
    assert (again.migrations, again.functions, again.notes) == ((), (), [])
    assert again.summary == "the database is up to date"
    assert first.summary == (
        f"applied {len(first.migrations)} migrations and {len(first.functions)} functions"
    )


def test_many_runs_at_once_set_it_up_once(empty_database_url: str) -> None:
    with ThreadPoolExecutor(6) as executor:
        reports = list(executor.map(lambda _: migrate(empty_database_url), range(6)))
    assert sum(bool(report.migrations) for report in reports) == 1
    assert sum(bool(report.functions) for report in reports) == 1


def test_a_migration_that_this_code_does_not_know_is_refused(
    empty_database_url: str, root: Path
) -> None:
    migrate(empty_database_url, root=root)
    newest = max((root / "migrations").glob("*.sql"))
    newest.unlink()
    with pytest.raises(DatabaseError, match=f"knows migration {newest.name[:4]}"):
        migrate(empty_database_url, root=root)


def test_a_migration_that_changed_after_it_was_applied_is_refused(
    empty_database_url: str, root: Path
) -> None:
    migrate(empty_database_url, root=root)
    edit(root / "migrations/0001_create_schemas.sql", lambda text: text + "\n-- later")
    with pytest.raises(DatabaseError, match="0001_create_schemas was changed"):
        migrate(empty_database_url, root=root)


def test_line_ends_of_another_system_are_no_change(empty_database_url: str, root: Path) -> None:
    migrate(empty_database_url, root=root)
    path = root / "migrations/0001_create_schemas.sql"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert migrate(empty_database_url, root=root).migrations == ()


def test_a_function_is_applied_again_when_its_file_changes(
    empty_database_url: str, root: Path
) -> None:
    migrate(empty_database_url, root=root)
    path = root / "functions/05_decide/is_approval.sql"
    edit(path, lambda text: text.replace("'87'", "'87', '99'"))
    report = migrate(empty_database_url, root=root)
    assert report.functions == ("functions/05_decide/is_approval.sql",)
    assert execute(empty_database_url, "SELECT cbs.is_approval('99')") == [(True,)]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("(p_response_code text)", "(p_response_code text, p_other text DEFAULT NULL)"),
        ("RETURNS boolean", "RETURNS TABLE (is_right boolean)"),
    ],
)
def test_a_function_whose_signature_changes_replaces_the_former_one(
    empty_database_url: str, root: Path, old: str, new: str
) -> None:
    migrate(empty_database_url, root=root)
    edit(root / "functions/05_decide/is_approval.sql", lambda text: text.replace(old, new))
    migrate(empty_database_url, root=root)
    count = "SELECT count(*) FROM pg_proc WHERE proname = 'is_approval'"
    assert execute(empty_database_url, count) == [(1,)]


@pytest.mark.parametrize("schema", ["cbs", "cbs_api"])
def test_a_function_that_no_file_declares_is_refused(empty_database_url: str, schema: str) -> None:
    migrate(empty_database_url)
    execute(
        empty_database_url,
        f"CREATE FUNCTION {schema}.stranger() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
    )
    with pytest.raises(DatabaseError, match="no file declares the function"):
        migrate(empty_database_url)


def test_an_overload_that_no_file_declares_is_refused(empty_database_url: str) -> None:
    migrate(empty_database_url)
    execute(
        empty_database_url,
        "CREATE FUNCTION cbs.is_approval() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
    )
    with pytest.raises(DatabaseError, match="no file declares"):
        migrate(empty_database_url)


def test_a_script_that_fails_leaves_the_database_as_it_was(
    empty_database_url: str, root: Path
) -> None:
    (root / "migrations/0099_break_everything.sql").write_text("SELECT nothing_at_all")
    with pytest.raises(DatabaseError, match="without a gap"):
        migrate(empty_database_url, root=root)
    (root / "migrations/0099_break_everything.sql").unlink()
    (root / "reference/0099_broken.sql").write_text("SELECT nothing_at_all")
    with pytest.raises(DatabaseError, match=r"reference/0099_broken\.sql"):
        migrate(empty_database_url, root=root)
    schemas = "SELECT count(*) FROM pg_namespace WHERE nspname IN ('cbs', 'cbs_api')"
    assert execute(empty_database_url, schemas) == [(0,)]


@pytest.mark.parametrize("name", ["one.sql", "1_create_it.sql", "0006-create-it.sql"])
def test_a_migration_is_named_by_number_verb_and_noun(
    empty_database_url: str, root: Path, name: str
) -> None:
    (root / "migrations" / name).write_text("SELECT 1")
    with pytest.raises(DatabaseError, match="NNNN_verb_noun"):
        migrate(empty_database_url, root=root)


@pytest.mark.parametrize("text", ["SELECT 1", "CREATE OR REPLACE FUNCTION cbs.other() RETURNS int"])
def test_a_function_file_declares_the_function_of_its_name(
    empty_database_url: str, root: Path, text: str
) -> None:
    (root / "functions/01_value/mine.sql").write_text(text)
    with pytest.raises(DatabaseError, match="must declare one function, named mine"):
        migrate(empty_database_url, root=root)


def test_a_database_that_is_not_there_is_one_clear_error() -> None:
    with pytest.raises(DatabaseError, match="cannot be migrated"):
        migrate("postgresql://nobody@127.0.0.1:1/nothing?connect_timeout=2")


def test_the_server_sees_the_contract_version(empty_database_url: str) -> None:
    async def read_version() -> int | None:
        connection = await pool.connect(empty_database_url, application_name="test")
        async with connection:
            return await procedures.contract_version(connection)

    migrate(empty_database_url)
    assert asyncio.run(read_version()) == CONTRACT_VERSION
    execute(empty_database_url, "UPDATE cbs.contract SET version = version + 1")
    assert asyncio.run(read_version()) == CONTRACT_VERSION + 1


def test_a_role_that_may_create_no_roles_migrates_and_is_told_what_is_missing(
    empty_database_url: str, root: Path
) -> None:
    """Other names stand for the four roles, which exist on this server already."""
    for path in root.rglob("*.sql"):
        edit(path, lambda text: text.replace("cbs_readonly", "cbs_absent_role"))
    with plain_login(empty_database_url) as login:
        execute(empty_database_url, f"GRANT CREATE ON DATABASE {database_of(login)} TO {LOGIN}")
        report = migrate(login, root=root)
        assert report.missing_roles == ("cbs_absent_role",)
        assert any("CREATE ROLE cbs_absent_role NOLOGIN" in note for note in report.notes)
        assert execute(empty_database_url, OWNERS) == [(LOGIN,)]


def test_what_belongs_to_a_login_is_told_with_the_statements_that_hand_it_over(
    empty_database_url: str,
) -> None:
    with plain_login(empty_database_url) as login:
        execute(empty_database_url, f"GRANT CREATE ON DATABASE {database_of(login)} TO {LOGIN}")
        assert migrate(login).owner == LOGIN
        for is_member in (False, True):
            (note,) = migrate(login).notes
            assert f"everything belongs to {LOGIN} and not to cbs_owner" in note
            statements = note.split("runs: ")[1]
            assert ("GRANT" not in statements) == is_member
            execute(empty_database_url, f"GRANT cbs_owner TO {LOGIN}")
        execute(empty_database_url, statements)
        assert execute(empty_database_url, OWNERS) == [("cbs_owner",)]
        assert migrate(login).notes == []


def test_a_login_without_the_right_to_migrate_is_told_which_one_it_needs(
    empty_database_url: str,
) -> None:
    with plain_login(empty_database_url) as login:
        execute(empty_database_url, f"GRANT cbs_service TO {LOGIN}")
        with pytest.raises(DatabaseError, match=f"GRANT CREATE ON DATABASE .* TO .*{LOGIN}") as new:
            migrate(login)
        migrate(empty_database_url)
        with pytest.raises(DatabaseError, match=f'GRANT "cbs_owner" TO "{LOGIN}"') as old:
            migrate(login)
    assert "\n" not in f"{new.value}{old.value}"


def test_an_encoding_other_than_utf8_is_refused_before_anything_is_made(
    empty_database_url: str,
) -> None:
    name = f"{database_of(empty_database_url)}_latin"
    execute(
        empty_database_url,
        f"CREATE DATABASE {name} ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0",
    )
    try:
        url = with_parameters(empty_database_url, dbname=name)
        with pytest.raises(DatabaseError, match="LATIN1 and UTF8 is needed") as caught:
            migrate(url)
        assert "\n" not in str(caught.value)
        assert execute(url, "SELECT to_regnamespace('cbs')") == [(None,)]
    finally:
        execute(empty_database_url, f"DROP DATABASE {name} WITH (FORCE)")


def test_a_database_that_is_too_old_is_refused_before_anything_is_made(
    empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cbs.database.pool.SERVER_VERSION_MIN", 990_000)
    with pytest.raises(DatabaseError, match="99 or later is needed"):
        migrate(empty_database_url)
    assert execute(empty_database_url, "SELECT to_regnamespace('cbs')") == [(None,)]

"""What the entry points promise beside decisions: rights, pages, checks, and refusals."""

from __future__ import annotations

import re
from pathlib import Path

import psycopg
import pytest
from tests.sql.bank import Bank, Card

from cbs.database.migrate import CONTRACT_VERSION, sql_root

FUNCTION_FILES = sorted((sql_root() / "functions").rglob("*.sql"))


def test_the_operation_log_can_only_grow(bank: Bank, card: Card) -> None:
    bank.pay(card, 100)
    for statement in (
        "UPDATE cbs.operation SET response_code = '00'",
        "DELETE FROM cbs.operation",
        "TRUNCATE cbs.operation",
    ):
        with pytest.raises(psycopg.errors.RestrictViolation, match="append-only"):
            bank.connection.execute(statement)


def test_the_service_may_decide_and_read_no_table(bank: Bank, card: Card) -> None:
    bank.connection.execute("SET ROLE cbs_service")
    assert bank.pay(card, 100) == "00"
    for statement in (
        "SELECT * FROM cbs.account",
        "SELECT cbs_api.open_account_v1(now(), '978', 1, 0)",
        "SELECT cbs.direction('cash')",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            bank.connection.execute(statement)
    bank.connection.execute("RESET ROLE")


def test_everybody_else_may_do_nothing(bank: Bank) -> None:
    rows = bank.connection.execute(
        "SELECT p.oid::regprocedure FROM pg_proc p, aclexplode(p.proacl) a"
        " WHERE p.pronamespace::regnamespace::text IN ('cbs', 'cbs_api') AND a.grantee = 0"
        " UNION ALL SELECT oid::regprocedure FROM pg_proc"
        " WHERE pronamespace::regnamespace::text IN ('cbs', 'cbs_api') AND proacl IS NULL"
    ).fetchall()
    assert rows == []


def test_entry_points_run_as_their_owner_with_a_fixed_search_path(bank: Bank) -> None:
    rows = bank.connection.execute(
        "SELECT proname, prosecdef, proconfig::text, pg_get_userbyid(proowner)"
        " FROM pg_proc WHERE pronamespace = 'cbs_api'::regnamespace"
    ).fetchall()
    assert len(rows) >= 10
    for name, is_definer, settings, owner in rows:
        assert is_definer and "search_path=pg_catalog, cbs, pg_temp" in settings, name
        assert owner == "cbs_owner"


def test_the_card_directory_comes_in_pages(bank: Bank) -> None:
    account = bank.open_account(0)
    cards = sorted((bank.issue_card(account) for _ in range(5)), key=lambda card: card.token)
    pages, after = [], None
    while page := bank.connection.execute(
        "SELECT * FROM cbs_api.card_directory_v1(%s::bytea, 2)", (after,)
    ).fetchall():
        pages.append(len(page))
        after = page[-1][0]
    assert pages == [2, 2, 1]
    assert after == cards[-1].token


def test_the_check_finds_money_that_no_operation_explains(bank: Bank, card: Card) -> None:
    bank.pay(card, 100)
    with bank.connection.transaction(force_rollback=True):
        bank.connection.execute(
            "UPDATE cbs.account SET ledger_minor = 1, held_minor = 2 WHERE account_id > 0"
        )
        bank.connection.execute("UPDATE cbs.card SET window_total_minor = 3")
        problems = [problem for _, problem in bank.problems()]
    assert [problem.split()[0] for problem in problems] == ["ledger", "held", "window"]


@pytest.mark.parametrize(
    "change",
    ["held_minor = -1", "ledger_minor = 4000000000000000001", "overdraft_minor = -1"],
)
def test_a_balance_out_of_its_bounds_is_not_stored(bank: Bank, card: Card, change: str) -> None:
    with pytest.raises(psycopg.errors.CheckViolation):
        bank.connection.execute(
            f"UPDATE cbs.account SET {change} WHERE account_id = {card.account_id}".encode()
        )


def test_the_contract_version_is_stamped(bank: Bank) -> None:
    row = bank.connection.execute("SELECT cbs_api.contract_version_v1()").fetchone()
    assert row == (CONTRACT_VERSION,)


@pytest.mark.parametrize(
    "call",
    [
        "cbs_api.open_account_v1(now(), '000', 1, 0)",
        "cbs_api.open_account_v1(now(), '978', 10::bigint ^ 16::bigint, 0)",
        "cbs_api.open_account_v1(now(), '978', 1, -1)",
        "cbs_api.open_account_v1(now(), '978', 1, 0, 'Nowhere/Land')",
        "cbs_api.open_account_v1(now(), '978', 1, 0, 'UTC', 'open')",
        "cbs_api.issue_card_v1(now(), 0, 'x', 1::smallint, '4', '3012')",
        "cbs_api.issue_card_v1(now(), 99, 'x', 1::smallint, '4', '3012')",
        "cbs_api.issue_card_v1(now(), 1, '', 1::smallint, '4', '3012')",
        "cbs_api.issue_card_v1(now(), 1, 'x', 1::smallint, '4', '3013')",
        "cbs_api.issue_card_v1(now(), 1, 'x', 1::smallint, '4', '3012', 'new')",
        "cbs_api.set_card_status_v1(now(), 'none', 'active')",
        "cbs_api.set_account_status_v1(now(), 0, 'active')",
        "cbs_api.add_issuer_bin_v1('40000x')",
    ],
)
def test_an_entry_point_refuses_arguments_that_make_no_sense(bank: Bank, call: str) -> None:
    bank.connection.execute(
        "SELECT cbs_api.open_account_v1(now(), '978', 0, 0) FROM (SELECT 1) one"
    )
    with pytest.raises(psycopg.Error):
        bank.connection.execute(f"SELECT {call}".encode())


@pytest.mark.parametrize("path", FUNCTION_FILES, ids=lambda path: path.stem)
def test_a_function_file_opens_with_its_contract(path: Path) -> None:
    header = path.read_text("utf-8").split("CREATE OR REPLACE")[0]
    assert all(line.startswith("--") for line in header.splitlines())
    assert re.search(r"^-- Rows locked  ", header, re.MULTILINE)
    assert re.search(r"^-- Callers  ", header, re.MULTILINE)


def test_no_function_has_a_mistake_that_only_shows_when_it_runs(bank: Bank) -> None:
    available = bank.connection.execute(
        "SELECT 1 FROM pg_available_extensions WHERE name = 'plpgsql_check'"
    ).fetchone()
    if available is None:
        pytest.skip("this server has no plpgsql_check; Debian packages it for its PostgreSQL")
    bank.connection.execute("CREATE EXTENSION plpgsql_check")
    rows = bank.connection.execute(
        "SELECT p.oid::regprocedure::text, c.message FROM pg_proc p"
        " JOIN pg_language l ON l.oid = p.prolang AND l.lanname = 'plpgsql'"
        " CROSS JOIN LATERAL plpgsql_check_function_tb(p.oid) c"
        " WHERE p.pronamespace::regnamespace::text IN ('cbs', 'cbs_api')"
        " AND p.prorettype <> 'trigger'::regtype AND c.level = 'error'"
    ).fetchall()
    assert rows == []

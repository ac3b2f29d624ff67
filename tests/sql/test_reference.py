"""The reference rows agree with the documents, the conditions and each other."""

from __future__ import annotations

import re

import psycopg
import pytest

from cbs.database.migrate import sql_root

REPOSITORY = sql_root().parent
ROW = re.compile(
    r"^\| `(?P<reason>[A-Z_]+)` \| (?P<priority>\d+) \| (?P<visa>\w\w) \| (?P<mastercard>\w\w)"
    r" \| (?P<amount>yes|no) \| (?P<meaning>[^|]+) \|$",
    re.MULTILINE,
)
STANDING_ALONE = {
    "FORMAT_ERROR", "DUPLICATE_KEY_MISMATCH", "REVERSED", "REVERSED_BEFORE_ORIGINAL",
    "SYSTEM_ERROR",
}  # fmt: skip


@pytest.fixture
def reasons(connection: psycopg.Connection) -> list[tuple[str, int, bool, str, str, str]]:
    rows = connection.execute(
        "SELECT r.reason, r.priority, r.is_amount_reason, v.response_code, m.response_code,"
        " r.meaning FROM cbs.decline_reason r"
        " JOIN cbs.decline_reason_code v ON v.reason = r.reason AND v.network = 'visa_like'"
        " JOIN cbs.decline_reason_code m ON m.reason = r.reason AND m.network = 'mastercard_like'"
        " ORDER BY r.priority, r.reason"
    ).fetchall()
    assert len(rows) > 20
    return rows


def test_the_table_of_reasons_in_the_manual_is_the_one_in_the_database(
    reasons: list[tuple[str, int, bool, str, str, str]],
) -> None:
    text = (REPOSITORY / "docs/reference/reasons.md").read_text("utf-8")
    documented = [
        (row["reason"], int(row["priority"]), row["amount"] == "yes", row["visa"],
         row["mastercard"], row["meaning"].strip())
        for row in ROW.finditer(text)
    ]  # fmt: skip
    assert documented == reasons


def test_every_reason_has_a_condition_and_every_condition_a_reason(
    reasons: list[tuple[str, int, bool, str, str, str]],
) -> None:
    folder = sql_root() / "functions/05_decide"
    text = (folder / "collect_reasons.sql").read_text("utf-8")
    text += (folder / "unknown_card_reason.sql").read_text("utf-8")
    conditions = set(re.findall(r"(?:THEN|RETURN) '([A-Z_]+)'", text))
    assert conditions == {row[0] for row in reasons} - STANDING_ALONE


def test_reasons_of_one_priority_have_one_code(
    reasons: list[tuple[str, int, bool, str, str, str]],
) -> None:
    for priority in {row[1] for row in reasons}:
        codes = {row[3:5] for row in reasons if row[1] == priority}
        assert len(codes) == 1, priority


def test_conditions_stand_in_the_order_of_their_priorities(
    reasons: list[tuple[str, int, bool, str, str, str]],
) -> None:
    text = (sql_root() / "functions/05_decide/collect_reasons.sql").read_text("utf-8")
    priorities = {row[0]: row[1] for row in reasons}
    order = [priorities[name] for name in re.findall(r"THEN '([A-Z_]+)'", text)]
    assert order == sorted(order)


@pytest.mark.parametrize(
    ("currency", "exponent"), [("978", 2), ("392", 0), ("414", 3), ("826", 2), ("840", 2)]
)
def test_a_currency_has_the_exponent_of_iso_4217(
    connection: psycopg.Connection, currency: str, exponent: int
) -> None:
    row = connection.execute(
        "SELECT exponent FROM cbs.currency WHERE currency = %s", (currency,)
    ).fetchone()
    assert row == (exponent,)

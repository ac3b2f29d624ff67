from __future__ import annotations

import collections
import hashlib

import psycopg
import pytest

from cbs.database.check import find_problems
from cbs.database.portfolio import LoadReport, load_demo
from cbs.demo import DEMO_ACCOUNT_COUNT, DEMO_CARD_COUNT, demo_card, demo_pan
from cbs.errors import DatabaseError


class FakeKey:
    """Tokens without the extension; the portfolio does not care how they are made."""

    key_id = 1

    def token(self, pan: str) -> bytes:
        return hashlib.sha256(pan.encode()).digest()


def passes_luhn(pan: str) -> bool:
    total = 0
    for place, digit in enumerate(reversed(pan)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def scalar(connection: psycopg.Connection, query: str) -> object:
    row = connection.execute(query).fetchone()
    assert row is not None
    return row[0]


def test_test_numbers_are_the_same_on_every_machine() -> None:
    assert demo_pan(1) == "4000000000000010"
    assert demo_pan(2_000) == "4000000000020000"


@pytest.mark.parametrize("index", [1, 2, 9, 1999, 123_456_789, 999_999_999])
def test_test_numbers_have_the_right_check_digit(index: int) -> None:
    pan = demo_pan(index)
    assert len(pan) == 16
    assert pan.startswith("400000")
    assert passes_luhn(pan)


def test_numbers_outside_the_portfolio_are_refused() -> None:
    for index in (0, DEMO_CARD_COUNT + 1):
        with pytest.raises(ValueError, match="from 1 to 2000"):
            demo_card(index)


def test_a_card_prints_without_its_number() -> None:
    assert demo_card(1).pan not in repr(demo_card(1))


def test_the_portfolio_has_what_a_demonstration_needs() -> None:
    cards = [demo_card(index) for index in range(1, DEMO_CARD_COUNT + 1)]
    assert len({card.pan for card in cards}) == DEMO_CARD_COUNT
    assert {card.status for card in cards[:1800]} == {"active"}
    assert {card.currency for card in cards} == {"978", "826", "840", "392", "414"}
    statuses = collections.Counter(card.status for card in cards[1800:])
    assert set(statuses) >= {"active", "frozen", "lost", "stolen", "not_activated"}
    assert {card.expiry for card in cards[1800:]} == {"3112", "2412"}
    assert "978" in {card.currency for card in cards if "near zero" in card.note}


def test_loading_fills_a_database_whose_books_agree(
    database_url: str, connection: psycopg.Connection
) -> None:
    report = load_demo(database_url, FakeKey())
    assert report == LoadReport(DEMO_ACCOUNT_COUNT, DEMO_CARD_COUNT)
    assert scalar(connection, "SELECT count(*) FROM cbs.card") == DEMO_CARD_COUNT
    opened = "SELECT count(DISTINCT account_id) FROM cbs.card"
    assert scalar(connection, opened) == DEMO_ACCOUNT_COUNT
    assert find_problems(database_url) == []


def test_loading_twice_changes_nothing(database_url: str, connection: psycopg.Connection) -> None:
    load_demo(database_url, FakeKey())
    before = connection.execute("SELECT * FROM cbs.account ORDER BY account_id").fetchall()
    assert load_demo(database_url, FakeKey()) == LoadReport(0, 0)
    after = connection.execute("SELECT * FROM cbs.account ORDER BY account_id").fetchall()
    assert before == after


def test_a_database_without_our_tables_is_named_so(empty_database_url: str) -> None:
    with pytest.raises(DatabaseError, match="cbs migrate"):
        find_problems(empty_database_url)
    with pytest.raises(DatabaseError, match=r"demo portfolio .* cbs migrate$"):
        load_demo(empty_database_url, FakeKey())


def test_a_login_without_the_rights_is_told_which_role_it_needs(
    database_url: str, connection: psycopg.Connection
) -> None:
    login = "cbs_test_service_only"
    connection.execute(f"DROP ROLE IF EXISTS {login}")
    connection.execute(f"CREATE ROLE {login} LOGIN IN ROLE cbs_service")
    url = psycopg.conninfo.make_conninfo(database_url, user=login)
    tasks = {
        "cbs_operator": lambda: load_demo(url, FakeKey()),
        "cbs_readonly": lambda: find_problems(url),
    }
    try:
        for role, task in tasks.items():
            with pytest.raises(DatabaseError, match=f'GRANT {role} TO "{login}"') as caught:
                task()
            assert "\n" not in str(caught.value)
        connection.execute(f"GRANT cbs_operator TO {login}")
        assert load_demo(url, FakeKey()).card_count == DEMO_CARD_COUNT
        assert find_problems(url) == []
    finally:
        connection.execute(f"DROP ROLE {login}")

"""Rolling limits: exact to the microsecond, given back by reversals, never by refunds."""

from __future__ import annotations

from datetime import timedelta

from tests.sql.bank import NOON, Bank, Card

WINDOW = timedelta(days=30)
INSTANT = timedelta(microseconds=1)


def limited(bank: Bank, limit_minor: int, ledger_minor: int = 500_000) -> Card:
    return bank.issue_card(bank.open_account(ledger_minor), rolling_limit_minor=limit_minor)


def test_what_is_older_than_thirty_days_does_not_count(bank: Bank) -> None:
    card = limited(bank, 100_000)
    for days, amount, code in [(0, 50_000, "00"), (10, 40_000, "00"), (20, 20_000, "61")]:
        bank.now = NOON + timedelta(days=days)
        assert bank.pay(card, amount) == code
    bank.now = NOON + timedelta(days=30, seconds=1)
    assert bank.pay(card, 50_000) == "00"
    assert bank.pay(card, 10_001) == "61"


def test_the_window_ends_at_the_very_instant(bank: Bank) -> None:
    card = limited(bank, 1000)
    assert bank.pay(card, 1000) == "00"
    bank.now = NOON + WINDOW - INSTANT
    assert bank.pay(card, 1) == "61"
    bank.now = NOON + WINDOW
    assert bank.pay(card, 1000) == "00"


def test_the_window_follows_a_clock_that_goes_back(bank: Bank) -> None:
    card = limited(bank, 1000)
    assert bank.pay(card, 600) == "00"
    bank.now = NOON + WINDOW
    assert bank.pay(card, 1000) == "00"
    bank.now = NOON + WINDOW - INSTANT
    assert bank.pay(card, 1) == "61"
    bank.now = NOON + 2 * WINDOW
    assert bank.pay(card, 1000) == "00"


def test_a_reversal_gives_the_limit_back(bank: Bank) -> None:
    card = limited(bank, 100_000)
    first = bank.record(card, amount_minor=80_000)
    bank.send(first, bank.reversal(first))
    assert bank.pay(card, 100_000) == "00"


def test_a_refund_gives_nothing_back(bank: Bank) -> None:
    card = limited(bank, 100_000)
    sale = bank.record(card, "0200", amount_minor=80_000)
    refund = bank.record(card, "0200", amount_minor=80_000, processing_code="200000")
    bank.send(sale, refund)
    assert bank.pay(card, 30_000) == "61"
    assert bank.pay(card, 20_000) == "00"


def test_a_lower_completion_gives_the_difference_back_at_the_time_of_the_purchase(
    bank: Bank,
) -> None:
    card = limited(bank, 100_000)
    request = bank.record(card, amount_minor=100_000, lifecycle_id="1")
    bank.send(request)
    bank.wait(timedelta(days=20))
    bank.send(bank.record(card, "0220", amount_minor=60_000, lifecycle_id="1"))
    assert bank.pay(card, 40_000) == "00"
    bank.now = NOON + WINDOW
    assert bank.pay(card, 60_000) == "00"
    assert bank.pay(card, 1) == "61"


def test_a_change_of_a_purchase_that_left_the_window_changes_no_limit(bank: Bank) -> None:
    card = limited(bank, 1000)
    old = bank.record(card, amount_minor=1000)
    bank.send(old)
    bank.now = NOON + WINDOW
    assert bank.pay(card, 1000) == "00"
    bank.send(bank.reversal(old))
    assert bank.pay(card, 1) == "61"


def test_cash_has_a_limit_of_its_own_beside_the_general_one(bank: Bank, card: Card) -> None:
    cash = {"processing_code": "010000"}
    assert bank.pay(card, 30_000, **cash) == "00"
    assert bank.reasons(bank.record(card, amount_minor=25_000, **cash)) == ["ATM_LIMIT"]
    assert bank.pay(card, 25_000) == "00"
    assert bank.money(card) == (100_000, 55_000, 45_000)


def test_cash_counts_against_the_general_limit(bank: Bank) -> None:
    card = limited(bank, 1000)
    assert bank.pay(card, 800, processing_code="010000") == "00"
    assert bank.reasons(bank.record(card, amount_minor=201)) == ["MONTH_LIMIT"]


def test_forced_operations_count_and_declines_do_not(bank: Bank) -> None:
    card = limited(bank, 1000, ledger_minor=900)
    assert bank.pay(card, 950) == "51"
    bank.send(bank.record(card, "0120", amount_minor=1000))
    assert bank.reasons(bank.record(card, amount_minor=1)) == ["MONTH_LIMIT", "INSUFFICIENT_FUNDS"]


def test_each_card_has_its_own_window(bank: Bank, card: Card) -> None:
    other = bank.issue_card(card.account_id, rolling_limit_minor=1000)
    assert bank.pay(other, 1000) == "00"
    assert bank.pay(other, 1) == "61"
    assert bank.pay(card, 5000) == "00"


def test_a_window_that_nothing_leaves_is_not_searched_again(bank: Bank) -> None:
    card = limited(bank, 100_000)
    bank.pay(card, 100)
    query = "SELECT window_start_at::text FROM cbs.card"
    before = bank.connection.execute(query).fetchone()
    bank.wait(timedelta(days=1))
    bank.pay(card, 100)
    assert bank.connection.execute(query).fetchone() == before

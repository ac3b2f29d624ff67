"""Two connections at once: who waits for whom, and what they see when they go on."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from tests.sql.bank import Bank, Card


@contextmanager
def second_bank(bank: Bank) -> Iterator[Bank]:
    """The same bank over a connection of its own."""
    with psycopg.connect(bank.url, autocommit=True) as connection:
        yield Bank(connection, bank.url, bank.now)


def wait_until_blocked(bank: Bank, other: Bank) -> None:
    """Return once `other` waits for a lock that somebody holds."""
    query = "SELECT cardinality(pg_blocking_pids(%s)) > 0"
    backend = other.connection.info.backend_pid
    for _ in range(100_000):
        row = bank.connection.execute(query, (backend,)).fetchone()
        if row and row[0]:
            return
    raise AssertionError("nobody waits")


def held_up(bank: Bank, other: Bank, action: Callable[[], Any]) -> Future[Any]:
    """Start `action`, which uses `other`, and return once it waits for a lock."""
    pool = ThreadPoolExecutor(1)
    future = pool.submit(action)
    pool.shutdown(wait=False)
    wait_until_blocked(bank, other)
    return future


def test_a_second_purchase_waits_and_sees_what_the_first_one_held(bank: Bank, card: Card) -> None:
    first, second = bank.record(card, amount_minor=60_000), bank.record(card, amount_minor=60_000)
    with second_bank(bank) as other:
        with bank.connection.transaction():
            assert bank.code(first) == "00"
            waiting = held_up(bank, other, lambda: other.code(second))
        assert waiting.result() == "51"


def test_cards_of_one_account_wait_for_each_other(bank: Bank, card: Card) -> None:
    sibling = bank.issue_card(card.account_id)
    with second_bank(bank) as other:
        with bank.connection.transaction():
            assert bank.pay(card, 60_000) == "00"
            waiting = held_up(bank, other, lambda: other.pay(sibling, 60_000))
        assert waiting.result() == "51"


def test_the_same_request_on_two_links_is_decided_once(bank: Bank, card: Card) -> None:
    record = bank.record(card)
    with second_bank(bank) as other:
        with bank.connection.transaction():
            first = bank.send(record)[0]
            waiting = held_up(bank, other, lambda: other.send(record)[0])
        second = waiting.result()
    assert (second.operation_id, second.is_replay) == (first.operation_id, True)
    assert bank.money(card).held == 1000


def test_a_request_waits_for_its_reversal_and_is_declined(bank: Bank, card: Card) -> None:
    record = bank.record(card)
    with second_bank(bank) as other:
        with bank.connection.transaction():
            bank.send(bank.reversal(record))
            waiting = held_up(bank, other, lambda: other.reasons(record))
        assert waiting.result() == ["REVERSED_BEFORE_ORIGINAL"]


def test_freezing_a_card_waits_for_the_purchase_in_flight(bank: Bank, card: Card) -> None:
    with second_bank(bank) as other:
        with bank.connection.transaction():
            assert bank.pay(card, 100) == "00"
            waiting = held_up(bank, other, lambda: other.set_card_status(card, "frozen"))
        waiting.result()
    assert bank.pay(card, 100) == "62"


def test_purchases_of_different_accounts_do_not_wait(bank: Bank, card: Card) -> None:
    stranger = bank.issue_card(bank.open_account(1000))
    with second_bank(bank) as other, bank.connection.transaction():
        assert bank.pay(card, 100) == "00"
        other.connection.execute("SET lock_timeout = '1ms'")
        assert other.pay(stranger, 100) == "00"


def test_a_card_may_be_issued_while_its_account_is_being_charged(bank: Bank, card: Card) -> None:
    with second_bank(bank) as other, bank.connection.transaction():
        assert bank.pay(card, 100) == "00"
        other.connection.execute("SET lock_timeout = '1ms'")
        other.issue_card(card.account_id)


def test_fifty_purchases_on_eight_links_spend_no_more_than_there_is(bank: Bank) -> None:
    card = bank.issue_card(bank.open_account(10_000))
    records = [bank.record(card, amount_minor=300) for _ in range(50)]
    barrier = threading.Barrier(8)

    def pay(share: list[Any]) -> list[str]:
        with second_bank(bank) as other:
            barrier.wait()
            return [other.code(record) for record in share]

    with ThreadPoolExecutor(8) as pool:
        shares = pool.map(pay, [records[index::8] for index in range(8)])
        codes = [code for share in shares for code in share]
    assert (codes.count("00"), codes.count("51")) == (33, 17)
    assert bank.money(card) == (10_000, 9900, 100)


def test_batches_with_the_same_accounts_in_opposite_order_do_not_deadlock(bank: Bank) -> None:
    cards = [bank.issue_card(bank.open_account(10**9)) for _ in range(20)]
    cards += [bank.issue_card(card.account_id) for card in cards]
    barrier = threading.Barrier(4)

    def work(number: int) -> int:
        with second_bank(bank) as other:
            barrier.wait()
            for _ in range(15):
                order = cards if number % 2 else cards[::-1]
                records = [other.record(card, amount_minor=1) for card in order]
                records.append(other.record(Card(b"unknown %d" % number)))
                other.send(*records)
            return 15 * len(cards)

    with ThreadPoolExecutor(4) as pool:
        sent = sum(pool.map(work, range(4)))
    assert sum(bank.money(card).held for card in cards[:20]) == sent


@pytest.mark.parametrize("level", ["REPEATABLE READ", "SERIALIZABLE"])
def test_a_snapshot_older_than_the_locks_is_refused(bank: Bank, card: Card, level: str) -> None:
    record = bank.record(card)
    with (
        pytest.raises(psycopg.errors.RaiseException, match="READ COMMITTED"),
        bank.connection.transaction(),
    ):
        bank.connection.execute(f"SET TRANSACTION ISOLATION LEVEL {level}".encode())
        bank.send(record)

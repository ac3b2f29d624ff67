"""Many connections decide about the same accounts at once, and the books stay right."""

from __future__ import annotations

import random
from typing import Any

import psycopg
import pytest
from tests.concurrency.crowd import (
    NOW,
    send_one_by_one,
    shared_out,
    together,
)
from tests.model.banks import SqlBank
from tests.model.holder import Holder
from tests.model.messages import reversal
from tests.model.records import Record


@pytest.fixture
def bank(connection: psycopg.Connection[Any]) -> SqlBank:
    """A bank over one more connection, to open accounts and to look at them afterwards."""
    return SqlBank(connection)


@pytest.mark.parametrize("connection_count", [8, 32])
def test_no_more_is_approved_than_there_is_however_many_ask_at_once(
    bank: SqlBank, database_url: str, connection_count: int
) -> None:
    holder = Holder.with_money(bank, 10_000)
    records = [holder.message("0100", amount_minor=300) for _ in range(50)]
    rows = together(database_url, shared_out(records, connection_count), send_one_by_one)
    codes = sorted(row.response_code for share in rows for row in share)
    assert codes == ["00"] * 33 + ["51"] * 17
    assert holder.balances == (10_000, 9900, 100)
    _assert_books_are_right(bank)


def test_two_purchases_that_fit_only_one_by_one_are_not_both_approved(
    bank: SqlBank, database_url: str
) -> None:
    for _ in range(20):
        holder = Holder.with_money(bank, 20_000)
        records = [holder.message("0100", amount_minor=amount) for amount in (15_000, 10_000)]
        rows = together(database_url, shared_out(records, 2), send_one_by_one)
        assert sorted(share[0].response_code for share in rows) == ["00", "51"]


def test_a_burst_does_not_slip_past_the_limit(bank: SqlBank, database_url: str) -> None:
    holder = Holder.with_money(bank, 100_000, rolling_limit_minor=1000)
    records = [holder.message("0100", amount_minor=90) for _ in range(40)]
    rows = together(database_url, shared_out(records, 8), send_one_by_one)
    codes = sorted(row.response_code for share in rows for row in share)
    assert codes == ["00"] * 11 + ["61"] * 29
    _assert_books_are_right(bank)


def test_identical_requests_at_once_are_one_operation_with_one_answer(
    bank: SqlBank, database_url: str
) -> None:
    holder = Holder.with_money(bank)
    record = holder.message("0100", amount_minor=4250)
    rows = together(database_url, [[record] * 5] * 4, send_one_by_one)
    answers = {_answer(row) for share in rows for row in share}
    assert len(answers) == 1
    assert [row.is_replay for share in rows for row in share].count(False) == 1
    assert _operation_count(bank, record) == 1
    assert holder.balances == (100_000, 4250, 95_750)


def test_batches_that_meet_the_same_accounts_in_opposite_orders_do_not_deadlock(
    bank: SqlBank, database_url: str
) -> None:
    holders = [Holder.with_money(bank) for _ in range(12)]
    shuffle = random.Random(20260615).shuffle
    shares = []
    for index in range(8):
        batches = []
        for _ in range(10):
            order = list(holders if index % 2 else reversed(holders))
            if index > 3:
                shuffle(order)
            batches.append([holder.message("0100", amount_minor=100) for holder in order])
        shares.append(batches)

    def send(worker: SqlBank, batches: list[list[Record]]) -> list[str]:
        return [row.response_code for batch in batches for row in worker.send_raw(batch, NOW)]

    codes = together(database_url, shares, send)
    assert codes == [["00"] * 120] * 8
    assert {holder.balances for holder in holders} == {(100_000, 8000, 92_000)}
    _assert_books_are_right(bank)


def test_cards_of_one_account_share_its_money_when_they_pay_at_once(
    bank: SqlBank, database_url: str
) -> None:
    holders = [Holder.with_money(bank, 10_000)]
    for index in range(3):
        card = bytes([index]) * 32
        bank.issue_card(holders[0].account_id, card, NOW)
        holders.append(Holder(bank, holders[0].account_id, card))
    shares = [[holder.message("0100", amount_minor=700) for _ in range(10)] for holder in holders]
    rows = together(database_url, shares, send_one_by_one)
    codes = sorted(row.response_code for share in rows for row in share)
    assert codes == ["00"] * 14 + ["51"] * 26
    _assert_books_are_right(bank)


def test_a_purchase_and_its_reversal_at_once_leave_no_hold(
    bank: SqlBank, database_url: str
) -> None:
    holder = Holder.with_money(bank)
    originals = [holder.message("0100", amount_minor=100) for _ in range(100)]
    reversals = [
        reversal(original, NOW, stan=f"9{index:05d}") for index, original in enumerate(originals)
    ]
    rows = together(database_url, [originals, reversals, originals, reversals], send_one_by_one)
    for share in rows[1], rows[3]:
        assert {row.response_code for row in share} == {"00"}
    assert {row.response_code for row in rows[0]} <= {"00", "05"}
    assert holder.balances == (100_000, 0, 100_000)
    _assert_books_are_right(bank)


def test_voids_reversals_and_status_changes_amid_purchases_keep_the_books_right(
    bank: SqlBank, database_url: str
) -> None:
    holder = Holder.with_money(bank, 1_000_000)
    records = [holder.message("0100", amount_minor=100 + index) for index in range(150)]
    financial = [holder.message("0200", amount_minor=50) for _ in range(50)]

    def void(worker: SqlBank, share: list[Record]) -> None:
        for record in share:
            worker.void_unsent([record], NOW)

    def take_back(worker: SqlBank, share: list[Record]) -> None:
        for record in share:
            stan = f"9{record.stan[1:]}" if record.stan else ""
            worker.send_raw([reversal(record, NOW, stan=stan)], NOW)

    def freeze_and_thaw(worker: SqlBank, share: list[Record]) -> None:
        for index, _ in enumerate(share):
            worker.set_card_status(holder.card_token, ["frozen", "active"][index % 2], NOW)
            status = ["blocked", "active"][index % 2]
            worker.set_account_status(holder.account_id, status, NOW)

    def act(worker: SqlBank, work: tuple[Any, list[Record]]) -> None:
        work[0](worker, work[1])

    together(
        database_url,
        [
            (send_one_by_one, records[:75]),
            (send_one_by_one, records[75:]),
            (send_one_by_one, financial),
            (void, records[::3]),
            (take_back, records[1::3]),
            (take_back, financial),
            (freeze_and_thaw, records[:40]),
        ],
        act,
    )
    _assert_books_are_right(bank)
    take_back(bank, records)
    assert holder.balances == (1_000_000, 0, 1_000_000)
    _assert_books_are_right(bank)


def _answer(row: Any) -> tuple[Any, ...]:
    """What the network gets to see."""
    return (
        row.response_code,
        row.authorization_code,
        row.amount_minor,
        row.billing_amount_minor,
        row.billing_currency,
        row.additional_amounts,
    )


def _operation_count(bank: SqlBank, record: Record) -> int:
    row = bank.connection.execute(
        "SELECT count(*) FROM cbs.operation WHERE card_token = %s AND identity_key = %s",
        [record.card_token, record.identity_key],
    ).fetchone()
    assert row is not None
    return int(row[0])


def _assert_books_are_right(bank: SqlBank) -> None:
    assert bank.problems() == []

"""The calls of the hot path, over a connection as the server opens it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import psycopg
import pytest
from tests.sql.bank import TYPES, Bank, Card, Record

from cbs.database import pool, procedures
from cbs.network import RECORD_COLUMNS


def run(bank: Bank, work: Callable[[psycopg.AsyncConnection[Any]], Awaitable[Any]]) -> Any:
    async def connected() -> Any:
        connection = await pool.connect(bank.url, application_name="test")
        async with connection:
            return await work(connection)

    return asyncio.run(connected())


def columns(*records: Record) -> list[list[Any]]:
    return [[record[name] for record in records] for name in RECORD_COLUMNS]


def test_the_columns_are_those_of_the_network_profile() -> None:
    assert tuple(TYPES) == tuple(RECORD_COLUMNS)
    kinds = {"TextColumn": "text", "BigintColumn": "bigint", "ByteaColumn": "bytea",
             "BooleanColumn": "boolean"}  # fmt: skip
    assert [kinds[column.__name__] for column in procedures.COLUMN_TYPES] == list(TYPES.values())


def test_a_batch_gives_one_outcome_per_record(bank: Bank, card: Card) -> None:
    records = [bank.record(card, amount_minor=amount) for amount in (100, 10**9)]
    records.append(bank.record(Card(b"unknown")))
    outcomes = run(bank, lambda c: procedures.authorize(c, bank.now, columns(*records)))
    assert [outcome.response_code for outcome in outcomes] == ["00", "61", "14"]
    assert outcomes[1].reasons == ["MONTH_LIMIT", "INSUFFICIENT_FUNDS"]


def test_an_empty_batch_is_no_error(bank: Bank) -> None:
    assert run(bank, lambda c: procedures.authorize(c, bank.now, columns())) == []


def test_texts_that_no_database_can_hold_are_replaced(bank: Bank, card: Card) -> None:
    record = bank.record(card, merchant_name="a\x00b\ud800", merchant_id="\u20ac")
    run(bank, lambda c: procedures.authorize(c, bank.now, columns(record)))
    stored = bank.operations(card)[0]
    assert (stored.merchant_name, stored.merchant_id) == ("a?b?", "\u20ac")


def test_one_statement_serves_every_batch(bank: Bank, card: Card) -> None:
    async def send(connection: psycopg.AsyncConnection[Any]) -> int:
        for amount in (1, 40_000, 2**40, None):
            record = bank.record(card, amount_minor=amount, billing_amount_minor=amount)
            await procedures.authorize(connection, bank.now, columns(record))
        cursor = await connection.execute(
            r"SELECT count(*) FROM pg_prepared_statements"
            r" WHERE statement ~ '^\s*SELECT \* FROM cbs_'"
        )
        row = await cursor.fetchone()
        return int(row[0]) if row else 0

    assert run(bank, send) == 1


def test_an_approval_is_voided_and_the_directory_read(bank: Bank, card: Card) -> None:
    record = bank.record(card)
    bank.send(record)

    async def work(connection: psycopg.AsyncConnection[Any]) -> list[tuple[bytes, int]]:
        keys = (
            [record["network"]],
            [record["card_token"]],
            [record["identity_key"]],
            [record["trace_id"]],
        )
        await procedures.void_unsent(connection, bank.now, *keys)
        return await procedures.card_directory(connection, None, 10)

    assert run(bank, work) == [(card.token, card.account_id)]
    assert bank.money(card).held == 0


def test_an_integer_beyond_bigint_is_refused_before_it_is_sent(bank: Bank, card: Card) -> None:
    record = bank.record(card, amount_minor=2**63)
    with pytest.raises(Exception, match=r"int64|too large|argument"):
        run(bank, lambda c: procedures.authorize(c, bank.now, columns(record)))

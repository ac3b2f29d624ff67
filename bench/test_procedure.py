"""The decision alone: one connection, batches of one, sixteen, a hundred and twenty-eight.

Records are read from real messages beforehand. The wall time holds the driver, the socket and the
flush; the CPU time is that of the backend process, which is the figure that two machines share.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, LiteralString

import psycopg
import pytest
import uvloop
from pytest_benchmark.fixture import BenchmarkFixture

from bench.conftest import TOKEN_KEY_HEX, Database
from bench.measure import MICROSECONDS, cpu_s
from bench.report import Report, Row
from bench.traffic import purchase_source
from cbs._native import pack_records
from cbs.codec import Codec
from cbs.database import pool, procedures
from cbs.database.procedures import Outcome
from cbs.network import Profile, Request, TokenKey

Columns = list[bytes]

ROUNDS = {1: 2_000, 16: 400, 128: 120}
WARM_UP_ROUNDS = 20
EMPTY_CALL_ROUNDS = 2_000


@dataclass(frozen=True, slots=True)
class Decider:
    """A connection to the decision, driven from outside its event loop."""

    runner: asyncio.Runner
    connection: psycopg.AsyncConnection[Any]

    def authorize(self, now: datetime, columns: Columns) -> list[Outcome]:
        """Decide one batch and wait for its commit."""
        return self.runner.run(procedures.authorize(self.connection, now, columns))

    def query(self, statement: LiteralString) -> tuple[Any, ...] | None:
        """The first row of a prepared statement's result."""

        async def first_row() -> tuple[Any, ...] | None:
            cursor = await self.connection.execute(statement, prepare=True)
            return await cursor.fetchone()

        return self.runner.run(first_row())

    @property
    def cpu_s(self) -> float:
        """CPU seconds of the backend so far."""
        return cpu_s(self.connection.info.backend_pid)


@pytest.fixture
def decider(database: Database) -> Iterator[Decider]:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        connection = runner.run(pool.connect(database.url, application_name="cbs bench"))
        yield Decider(runner, connection)
        runner.run(connection.close())


@pytest.fixture
def batch_of(codec: Codec) -> Callable[[int], Columns]:
    """A function that gives batch after batch of fresh purchases, packed as the server does."""
    profile = Profile.load(
        "visa_like", codec=codec, token_key=TokenKey(bytes.fromhex(TOKEN_KEY_HEX))
    )
    purchase = purchase_source(seed=1)

    def request() -> Request:
        received_at_us = int(datetime.now(UTC).timestamp() * MICROSECONDS)
        message = codec.decode(codec.encode(purchase()))
        return profile.read(message, received_at_us=received_at_us)

    return lambda size: pack_records([request() for _ in range(size)])


@pytest.mark.benchmark(group="procedure")
def test_empty_call(benchmark: BenchmarkFixture, report: Report, decider: Decider) -> None:
    """The yardstick of this run: what any call costs on this machine, at this moment."""

    def call() -> Any:
        return decider.query("SELECT 1")

    for _ in range(WARM_UP_ROUNDS):
        call()
    cpu_before_s = decider.cpu_s
    assert benchmark.pedantic(call, rounds=EMPTY_CALL_ROUNDS) == (1,)
    cpu_used_s = decider.cpu_s - cpu_before_s
    if benchmark.stats is not None:
        median_us = benchmark.stats.stats.median * MICROSECONDS
        cpu_us = cpu_used_s * MICROSECONDS / EMPTY_CALL_ROUNDS
        report.add(
            Row(
                "yardstick: SELECT 1",
                median_us,
                MICROSECONDS / median_us,
                cpu=f"backend {cpu_us:.1f}",
            )
        )


@pytest.mark.benchmark(group="procedure")
@pytest.mark.parametrize("size", ROUNDS)
def test_authorize(
    benchmark: BenchmarkFixture,
    report: Report,
    database: Database,
    decider: Decider,
    batch_of: Callable[[int], Columns],
    size: int,
) -> None:
    outcomes: list[Outcome] = []

    def decide(now: datetime, columns: Columns) -> None:
        outcomes.extend(decider.authorize(now, columns))

    def fresh() -> tuple[tuple[datetime, Columns], dict[str, Any]]:
        return (datetime.now(UTC), batch_of(size)), {}

    for _ in range(WARM_UP_ROUNDS):
        decide(*fresh()[0])
    outcomes.clear()
    operations_before = database.operation_count()
    wal_before, cpu_before_s = database.wal_position(), decider.cpu_s
    benchmark.pedantic(decide, setup=fresh, rounds=ROUNDS[size])
    cpu_used_s = decider.cpu_s - cpu_before_s
    wal_bytes = database.wal_position() - wal_before

    assert {(outcome.response_code, outcome.is_replay) for outcome in outcomes} == {("00", False)}
    assert database.operation_count() == operations_before + len(outcomes)
    database.assert_books_balance()
    if benchmark.stats is not None:
        median_us = benchmark.stats.stats.median * MICROSECONDS / size
        cpu_us = cpu_used_s * MICROSECONDS / len(outcomes)
        report.add(
            Row(
                f"decision, batch of {size}",
                median_us,
                MICROSECONDS / median_us,
                cpu=f"backend {cpu_us:.1f} ({wal_bytes / len(outcomes):.0f} B of WAL)",
            )
        )

"""One lane that is held up: rows that somebody else has locked, calls that take too long."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from tests.unit.link_fakes import FakeDecisions, FakeDesk, FakeLink, make_outcome, make_pending

from cbs._native import RECORD_COLUMNS
from cbs.database.decision import ConnectionLostError, RowsLockedError, TooSlowError
from cbs.database.procedures import Outcome
from cbs.link import lane as lane_module
from cbs.link.directory import CardDirectory
from cbs.link.lane import Lane
from cbs.link.limits import Limits
from cbs.link.pending import Pending
from cbs.telemetry import Telemetry

RETRY_DELAY_S = 0.5
TOKEN = RECORD_COLUMNS.index("card_token")
KEY = RECORD_COLUMNS.index("identity_key")


class Rows(FakeDecisions):
    """A database in which the test locks accounts, and in which large batches are slow."""

    def __init__(self) -> None:
        super().__init__()
        self.locked: set[bytes] = set()
        self.size_max = 1000
        self.after_call: Any = lambda: None

    async def authorize(self, now: Any, requests: Sequence[Any]) -> list[Outcome]:
        outcomes = await super().authorize(now, requests)
        try:
            if any(request.record[TOKEN] in self.locked for request in requests):
                raise RowsLockedError("LockNotAvailable 55P03")
            if len(requests) > self.size_max:
                raise TooSlowError("QueryCanceled 57014")
            self.decided += [int.from_bytes(request.record[KEY], "big") for request in requests]
            return outcomes
        finally:
            self.after_call()

    async def void_unsent(
        self, now: Any, networks: Any, card_tokens: Any, identity_keys: Any, trace_ids: Any
    ) -> None:
        if self.locked & set(card_tokens):
            raise RowsLockedError("LockNotAvailable 55P03")
        await super().void_unsent(now, networks, card_tokens, identity_keys, trace_ids)

    decided: list[int]


class Bench:
    """A lane over such a database, with a clock that the test moves."""

    def __init__(self) -> None:
        self.decisions = Rows()
        self.decisions.decided = []
        self.desk = FakeDesk()
        self.now = 0.0
        self.directory = CardDirectory(1, size_max=1000)
        self.lane = Lane(
            "lane 0",
            decisions=self.decisions,
            desk=self.desk,
            directory=self.directory,
            limits=Limits(),
            telemetry=Telemetry(),
            clock=lambda: self.now,
        )

    def submit(self, card: int, key: int, **more: Any) -> Pending:
        pending = make_pending(token=token(card), key=key, **more)
        self.directory.route(pending)
        assert self.lane.submit(pending)
        return pending

    def answered(self) -> list[int]:
        return [key for key, _ in self.desk.answered]

    async def until(self, condition: Any) -> None:
        async with asyncio.timeout(10):
            while not condition():
                await asyncio.sleep(0)

    async def run_until_idle(self) -> None:
        self.lane.stop()
        await asyncio.wait_for(self.lane.run(), 10)


def token(card: int) -> bytes:
    return card.to_bytes(32, "big")


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Back-off is about time, and these tests are about order."""
    for name in ("RECONNECT_DELAY_S", "RECONNECT_DELAY_S_MAX", "CALL_AGAIN_DELAY_S"):
        monkeypatch.setattr(lane_module, name, 0.0)
    monkeypatch.setattr(lane_module, "LOCKED_RETRY_DELAY_S", RETRY_DELAY_S)


def test_a_locked_account_holds_up_nobody_but_itself() -> None:
    async def scenario() -> None:
        bench = Bench()
        bench.decisions.locked = {token(7)}
        for card in range(200):
            bench.submit(card, key=card)
        task = asyncio.create_task(bench.lane.run())
        await bench.until(lambda: len(bench.desk.answered) == 199)
        assert bench.answered() == [key for key in range(200) if key != 7]
        calls_with_it = sum(7 in batch for batch in bench.decisions.batches)
        assert calls_with_it == 3
        bench.submit(7, key=1007)
        bench.submit(8, key=1008)
        await bench.until(lambda: 1008 in bench.answered())
        assert sum(1007 in batch for batch in bench.decisions.batches) == 0
        bench.decisions.locked.clear()
        bench.now = RETRY_DELAY_S
        bench.submit(9, key=1009)
        await bench.until(lambda: 1007 in bench.answered())
        bench.lane.stop()
        await asyncio.wait_for(task, 10)
        order = [key for key in bench.decisions.decided if key in (7, 1007)]
        assert order == [7, 1007]

    asyncio.run(scenario())


def test_two_cards_of_one_locked_account_keep_their_order() -> None:
    async def scenario() -> None:
        bench = Bench()
        bench.directory.load([(token(1), 70), (token(2), 70)])
        bench.decisions.locked = {token(1)}
        bench.submit(1, key=1)
        task = asyncio.create_task(bench.lane.run())
        await bench.until(lambda: bench.decisions.batches and len(bench.lane) == 1)
        bench.submit(2, key=2)
        bench.decisions.locked.clear()
        bench.now = RETRY_DELAY_S
        await bench.until(lambda: len(bench.desk.answered) == 2)
        bench.lane.stop()
        await asyncio.wait_for(task, 10)
        assert bench.decisions.decided == [1, 2]

    asyncio.run(scenario())


def test_what_is_put_aside_expires_at_its_deadline_and_counts_as_queued_until_then() -> None:
    async def scenario() -> None:
        bench = Bench()
        bench.decisions.locked = {token(1)}
        bench.submit(1, key=1, deadline=4.0)
        task = asyncio.create_task(bench.lane.run())
        await bench.until(lambda: bench.decisions.batches and len(bench.lane) == 1)
        bench.now = 4.0
        bench.submit(2, key=2)
        await bench.until(lambda: bench.desk.expired == [1])
        bench.lane.stop()
        await asyncio.wait_for(task, 10)
        assert len(bench.lane) == 0
        assert bench.decisions.decided == [2]
        assert bench.decisions.voids == []

    asyncio.run(scenario())


def test_a_void_of_a_locked_account_waits_and_so_does_a_repeat_but_nobody_else() -> None:
    async def scenario() -> None:
        bench = Bench()
        link = FakeLink()
        bench.submit(1, key=1, link=link)

        def lose_the_link_and_lock() -> None:
            link.is_open = False
            bench.decisions.locked = {token(1)}

        bench.decisions.after_call = lose_the_link_and_lock
        task = asyncio.create_task(bench.lane.run())
        await bench.until(lambda: bench.decisions.decided == [1])
        bench.decisions.after_call = lambda: None
        bench.submit(1, key=1)
        bench.submit(2, key=2)
        await bench.until(lambda: bench.answered() == [2])
        assert bench.decisions.voids == []
        bench.decisions.locked.clear()
        bench.now = RETRY_DELAY_S
        bench.submit(2, key=3)
        await bench.until(lambda: set(bench.answered()) == {1, 2, 3})
        bench.lane.stop()
        await asyncio.wait_for(task, 10)
        log = bench.decisions.log
        assert log.index("void [1]") < len(log) - 1 - log[::-1].index("authorize [1]")

    asyncio.run(scenario())


def test_an_unknown_outcome_is_not_forgotten_while_its_account_is_locked() -> None:
    async def scenario() -> None:
        bench = Bench()
        bench.decisions.script.append(ConnectionLostError("gone"))
        bench.decisions.locked = {token(1)}
        pending = bench.submit(1, key=1, deadline=4.0)
        task = asyncio.create_task(bench.lane.run())
        await bench.until(lambda: len(bench.decisions.batches) == 2 and len(bench.lane) == 1)
        bench.now = 4.0
        bench.submit(2, key=2)
        await bench.until(lambda: bench.desk.expired == [1])
        bench.decisions.locked.clear()
        bench.now = 5.0
        bench.submit(2, key=3)
        await bench.until(lambda: bench.decisions.voids == [[1]])
        assert bench.decisions.voided_traces == [pending.trace_id]
        bench.lane.stop()
        await asyncio.wait_for(task, 10)

    asyncio.run(scenario())


def test_a_batch_that_is_too_slow_as_a_whole_is_decided_in_parts_and_the_next_is_smaller() -> None:
    async def scenario() -> None:
        bench = Bench()
        bench.decisions.size_max = 70
        for key in range(500):
            bench.submit(key % 50, key=key)
        await bench.run_until_idle()
        assert sorted(bench.answered()) == list(range(500))
        sizes = [len(batch) for batch in bench.decisions.batches]
        assert sizes[:3] == [256, 128, 64]
        assert max(sizes[3:]) <= 128
        assert sum(size > 70 for size in sizes) < 6

    asyncio.run(scenario())


def test_a_record_that_is_too_slow_alone_is_tried_until_its_deadline() -> None:
    async def scenario() -> None:
        bench = Bench()
        bench.decisions.size_max = 0

        def a_while_passes() -> None:
            bench.now += 1.5

        bench.decisions.after_call = a_while_passes
        bench.submit(1, key=1, deadline=4.0)
        await bench.run_until_idle()
        assert bench.desk.expired == [1]
        assert bench.decisions.batches == [[1]] * 3

    asyncio.run(scenario())


def test_outcomes_of_free_accounts_go_to_their_own_requests() -> None:
    async def scenario() -> None:
        bench = Bench()
        bench.decisions.locked = {token(1)}
        for key, card in enumerate([1, 2, 1, 3, 2], start=1):
            bench.submit(card, key=key, deadline=4.0)

        def code_by_key(requests: Sequence[Any]) -> list[Outcome]:
            keys = [int.from_bytes(request.record[KEY], "big") for request in requests]
            return [make_outcome(f"{key:02d}") for key in keys]

        bench.decisions.script += [code_by_key] * 10
        task = asyncio.create_task(bench.lane.run())
        await bench.until(lambda: len(bench.desk.answered) == 3)
        assert sorted(bench.desk.answered) == [(2, "02"), (4, "04"), (5, "05")]
        bench.decisions.locked.clear()
        bench.now = RETRY_DELAY_S
        bench.lane.stop()
        await asyncio.wait_for(task, 10)
        assert bench.desk.answered[3:] == [(1, "01"), (3, "03")]

    asyncio.run(scenario())

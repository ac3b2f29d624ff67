"""Deadlines: one timer, each open request once, in order."""

from __future__ import annotations

import asyncio

from tests.unit.link_fakes import key_of, make_pending

from cbs.link.deadlines import Deadlines
from cbs.link.pending import Pending


def test_open_requests_expire_once_in_order_and_answered_ones_do_not() -> None:
    async def scenario() -> None:
        loop = asyncio.get_running_loop()
        expired: list[int] = []
        done = asyncio.Event()

        def expire(pending: Pending) -> None:
            assert loop.time() >= pending.deadline
            pending.close()
            expired.append(key_of(pending))
            if len(expired) == 2:
                done.set()

        deadlines = Deadlines(loop, expire)
        now = loop.time()
        requests = [make_pending(key=key, deadline=now + 0.02 * key) for key in (1, 2, 3)]
        for pending in requests:
            deadlines.watch(pending)
        requests[1].close()
        await asyncio.wait_for(done.wait(), 5)
        assert expired == [1, 3]
        assert len(deadlines) == 0

    asyncio.run(scenario())


def test_answered_requests_at_the_head_are_let_go() -> None:
    async def scenario() -> None:
        loop = asyncio.get_running_loop()
        deadlines = Deadlines(loop, lambda _pending: None)
        requests = [make_pending(key=key, deadline=loop.time() + 60) for key in range(5)]
        for pending in requests:
            deadlines.watch(pending)
        for pending in (requests[0], requests[1], requests[3]):
            pending.close()
        deadlines.forget_answered()
        assert len(deadlines) == 3
        deadlines.close()

    asyncio.run(scenario())


def test_a_closed_queue_expires_nothing() -> None:
    async def scenario() -> None:
        loop = asyncio.get_running_loop()
        expired: list[Pending] = []
        deadlines = Deadlines(loop, expired.append)
        deadline = loop.time()
        deadlines.watch(make_pending(deadline=deadline))
        deadlines.close()
        # Timers run in the order of their moments, so one after the deadline comes last.
        passed = asyncio.Event()
        loop.call_at(deadline + 0.001, passed.set)
        await passed.wait()
        assert expired == []

    asyncio.run(scenario())

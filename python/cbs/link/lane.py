"""One lane: one connection to the database and one task that decides what has queued for it.

There is no timer. While a call is under way requests queue; when it returns, everything that
queued is the next batch. Under light load a batch is one request and waits for nobody; under
heavy load batches grow by themselves and each request gets cheaper.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Protocol

from cbs._native import Request
from cbs.database.decision import (
    CallAgainError,
    ConnectionLostError,
    RecordRefusedError,
    RowsLockedError,
    TooSlowError,
)
from cbs.database.procedures import Outcome
from cbs.link.aside import LockedAccounts
from cbs.link.directory import CardDirectory
from cbs.link.limits import Limits
from cbs.link.pending import Group, Pending
from cbs.link.unsent import UnsentApprovals
from cbs.telemetry import Telemetry

RECONNECT_DELAY_S = 0.05
RECONNECT_DELAY_S_MAX = 1.0
CALL_AGAIN_DELAY_S = 0.02
LOCKED_RETRY_DELAY_S = 0.5
"""Between two tries of accounts that were locked: each holds the others up for `lock_timeout`."""

LOCKED_PARTS = 16
"""Into how many parts a batch with a locked account is divided: two steps single out one of 256."""


class Decisions(Protocol):
    """What a lane needs of `cbs.database.decision.DecisionConnection`."""

    async def open(self) -> None:
        """Connect."""

    async def close(self) -> None:
        """Disconnect."""

    async def authorize(self, now: datetime, requests: Sequence[Request]) -> list[Outcome]:
        """Decide a batch and commit it."""

    async def void_unsent(
        self,
        now: datetime,
        networks: Sequence[str],
        card_tokens: Sequence[bytes],
        identity_keys: Sequence[bytes],
        trace_ids: Sequence[bytes],
    ) -> None:
        """Void approvals that never left."""


class Desk(Protocol):
    """Where a lane hands its results in. Each method closes the request it is given."""

    def answer(self, pending: Pending, outcome: Outcome, now: float) -> None:
        """Send the outcome that came at `now`, unless the request's deadline has passed."""

    def batch_answered(self) -> None:
        """A batch was handed in."""

    def fail(self, pending: Pending, reason: str) -> None:
        """The request cannot be decided; nothing was booked for it."""

    def expire(self, pending: Pending) -> None:
        """The request's deadline passed before it was decided."""

    def abandon(self, pending: Pending) -> None:
        """The request's link is gone and it is not decided."""


class Lane:
    """Decides the requests of its accounts, those of one account in order of arrival."""

    def __init__(
        self,
        name: str,
        *,
        decisions: Decisions,
        desk: Desk,
        directory: CardDirectory,
        limits: Limits,
        telemetry: Telemetry,
        clock: Callable[[], float],
    ) -> None:
        """`clock` gives the seconds that deadlines are measured in."""
        self._name = name
        self._decisions = decisions
        self._desk = desk
        self._directory = directory
        self._limits = limits
        self._telemetry = telemetry
        self._clock = clock
        self._queue: deque[Pending] = deque()
        self._batch_size = limits.batch_size_max
        self._unsent = UnsentApprovals()
        self._locked = LockedAccounts(retry_delay_s=LOCKED_RETRY_DELAY_S)
        self._work = asyncio.Event()
        self._is_idle = False
        self._is_stopping = False

    def __len__(self) -> int:
        """Requests that queue."""
        return len(self._queue) + len(self._locked)

    def submit(self, pending: Pending) -> bool:
        """Queue a request for as soon as the connection is idle; False when the queue is full."""
        if len(self) >= self._limits.lane_queue_max:
            return False
        self._queue.append(pending)
        if self._is_idle:
            self._work.set()
        return True

    def stop(self) -> None:
        """Let `run` return once nothing is left to do."""
        self._is_stopping = True
        self._work.set()

    async def run(self) -> None:
        """Decide until stopped and empty."""
        while True:
            # A repeat of a voided request may be queued already: it must find the void.
            await self._void_unsent()
            if self._locked.is_due(self._clock()):
                await self._decide_parts(self._in_batches(self._locked.take_first()))
            elif self._queue:
                await self._decide(self._take())
            elif self._is_stopping and not self._locked:
                return
            else:
                await self._wait()

    async def _wait(self) -> None:
        """Until something queues, or a locked account is to be tried again."""
        self._work.clear()
        self._is_idle = True
        delay_s = max(0.0, self._locked.retry_at - self._clock()) if self._locked else None
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(delay_s):
                await self._work.wait()
        self._is_idle = False

    def _take(self) -> list[Pending]:
        """The next batch, without what can no longer be answered: that stays undecided."""
        queue, now = self._queue, self._clock()
        batch: list[Pending] = []
        while queue and len(batch) < self._batch_size:
            pending = queue.popleft()
            if not self._is_answerable(pending, now):
                self._directory.release(pending)
            elif pending.group in self._locked:
                self._locked.put([pending])
            else:
                batch.append(pending)
        return batch

    def _in_batches(self, records: list[Pending]) -> list[list[Pending]]:
        size = self._batch_size
        # A void alone may have found its account locked: then one batch is empty.
        return [records[at : at + size] for at in range(0, max(1, len(records)), size)]

    def _is_answerable(self, pending: Pending, now: float) -> bool:
        if not pending.is_open:
            return False
        if pending.deadline <= now:
            self._desk.expire(pending)
            return False
        if not pending.link.is_open:
            self._desk.abandon(pending)
            return False
        return True

    async def _decide(self, batch: list[Pending]) -> None:
        """Get the batch decided and answered, but for what is put aside."""
        while batch:
            try:
                outcomes = await self._call(batch)
            except ConnectionLostError as error:
                for pending in batch:
                    pending.is_outcome_unknown = True
                await self._reconnect(error)
            except RowsLockedError as error:
                self._telemetry.called_again(self._name, str(error))
                await self._divide_by_account(batch)
                return
            except TooSlowError as error:
                self._telemetry.called_again(self._name, str(error))
                # What follows is likely to be as slow; it grows again by one with every call.
                self._batch_size = max(1, len(batch) // 2)
                if len(batch) > 1:
                    await self._decide_parts(_halves(batch))
                    return
            except CallAgainError as error:
                self._telemetry.called_again(self._name, str(error))
                await asyncio.sleep(CALL_AGAIN_DELAY_S * random.uniform(0.5, 1.0))
            except RecordRefusedError as error:
                await self._isolate(batch, error)
                return
            else:
                await self._deliver(batch, outcomes)
                return
            batch = await self._still_answerable(batch)

    async def _decide_parts(self, parts: Iterable[list[Pending]]) -> None:
        """Decide one part after the other, each without what meanwhile cannot be answered."""
        for part in parts:
            await self._decide(await self._still_answerable(part))

    async def _call(self, batch: list[Pending]) -> list[Outcome]:
        requests = [pending.request for pending in batch]
        started_at = self._clock()
        outcomes = await self._decisions.authorize(datetime.now(UTC), requests)
        self._telemetry.batch_decided(len(batch), self._clock() - started_at)
        if len(outcomes) != len(batch):
            raise RecordRefusedError("number of outcomes differs from number of records")
        if self._batch_size < self._limits.batch_size_max:
            self._batch_size += 1
        return outcomes

    async def _deliver(self, batch: list[Pending], outcomes: list[Outcome]) -> None:
        answer, learn, now = self._desk.answer, self._directory.learn, self._clock()
        for pending, outcome in zip(batch, outcomes, strict=True):
            if pending.unlisted:
                learn(pending, outcome.account_id)
            answer(pending, outcome, now)
        self._desk.batch_answered()
        # Links write once per turn of the event loop; after this turn it is known what left.
        await asyncio.sleep(0)
        self._unsent.add_from_batch(batch, outcomes)
        self._release(batch)

    def _release(self, done: Iterable[Pending]) -> None:
        """These may change lanes, but for those whose void has to come first."""
        for pending in done:
            if pending.unlisted and pending not in self._unsent:
                self._directory.release(pending)

    async def _isolate(self, batch: list[Pending], error: RecordRefusedError) -> None:
        """Find the record that the database refuses by sending the batch in halves."""
        if len(batch) > 1:
            await self._decide_parts(_halves(batch))
            return
        self._desk.fail(batch[0], error.reason)
        self._release(batch)

    async def _divide_by_account(self, batch: list[Pending]) -> None:
        """Decide what is free, and put aside what waits for a locked account."""
        groups: dict[Group, list[Pending]] = {}
        for pending in batch:
            groups.setdefault(pending.group, []).append(pending)
        if len(groups) == 1:
            self._locked.found_locked(batch[0].group, self._clock())
            self._locked.put(batch)
            return
        by_account = list(groups.values())
        size = -(-len(by_account) // LOCKED_PARTS)
        await self._decide_parts(
            [pending for group in by_account[at : at + size] for pending in group]
            for at in range(0, len(by_account), size)
        )

    async def _still_answerable(self, batch: list[Pending]) -> list[Pending]:
        """What is to be sent of what was held up or failed.

        What can no longer be answered is not decided again; where an earlier call may have
        approved it, that approval is voided before anything else is decided.
        """
        now = self._clock()
        answerable: list[Pending] = []
        for pending in batch:
            if self._is_answerable(pending, now):
                answerable.append(pending)
                continue
            if pending.is_outcome_unknown:
                self._unsent.add_unknown(pending)
            self._release([pending])
        await self._void_unsent()
        if not self._locked:
            return answerable
        self._locked.put(pending for pending in answerable if pending.group in self._locked)
        return [pending for pending in answerable if pending.group not in self._locked]

    async def _void_unsent(self) -> None:
        """Void what is to be voided, but for accounts that are locked: their requests wait too."""
        size = self._limits.batch_size_max
        while waiting := self._unsent.first(size, besides=self._locked):
            try:
                await self._void(waiting)
            except ConnectionLostError as error:
                await self._reconnect(error)
            except (RowsLockedError, TooSlowError) as error:
                self._telemetry.called_again(self._name, str(error))
                if len(waiting) == 1 and isinstance(error, RowsLockedError):
                    self._locked.found_locked(waiting[0].group, self._clock())
                size = max(1, len(waiting) // LOCKED_PARTS)
            except CallAgainError as error:
                self._telemetry.called_again(self._name, str(error))
                await asyncio.sleep(CALL_AGAIN_DELAY_S)
            except RecordRefusedError as error:
                # Holding on to what the database refuses would stop the lane for good.
                self._telemetry.void_refused(self._name, error.reason, len(waiting))
                self._unsent.discard(waiting)
                self._release(waiting)
            else:
                self._telemetry.voided(len(waiting))
                self._unsent.discard(waiting)
                self._release(waiting)

    async def _void(self, waiting: list[Pending]) -> None:
        keys = [(*pending.identity, pending.trace_id) for pending in waiting]
        await self._decisions.void_unsent(datetime.now(UTC), *zip(*keys, strict=True))

    async def _reconnect(self, error: ConnectionLostError) -> None:
        """Come back with the connection open again, however long that takes."""
        lost_at, attempt, delay_s = self._clock(), 0, RECONNECT_DELAY_S
        self._telemetry.database_lost(self._name, str(error))
        while True:
            attempt += 1
            try:
                await self._decisions.open()
            except ConnectionLostError:
                # The jitter keeps lanes that lost the same database from knocking together.
                await asyncio.sleep(delay_s * random.uniform(0.5, 1.0))
                delay_s = min(delay_s * 2, RECONNECT_DELAY_S_MAX)
            else:
                self._telemetry.database_back(self._name, self._clock() - lost_at, attempt)
                return


def _halves(batch: list[Pending]) -> tuple[list[Pending], list[Pending]]:
    middle = len(batch) // 2
    return batch[:middle], batch[middle:]

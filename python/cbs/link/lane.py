"""One lane: one connection to the database and one task that decides what has queued for it.

There is no timer. While a call is under way requests queue; when it returns, everything that
queued is the next batch. Under light load a batch is one request and waits for nobody; under
heavy load batches grow by themselves and each request gets cheaper.
"""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Protocol

from cbs._native import Request
from cbs.database.decision import CallAgainError, ConnectionLostError, RecordRefusedError
from cbs.database.procedures import Outcome
from cbs.link.directory import CardDirectory
from cbs.link.limits import Limits
from cbs.link.pending import Pending
from cbs.link.unsent import UnsentApprovals
from cbs.telemetry import Telemetry

RECONNECT_DELAY_S = 0.05
RECONNECT_DELAY_S_MAX = 1.0
CALL_AGAIN_DELAY_S = 0.02


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
    """Decides the requests of the accounts that belong to it, in order of arrival."""

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
        self._unsent = UnsentApprovals()
        self._work = asyncio.Event()
        self._is_idle = False
        self._is_stopping = False

    def __len__(self) -> int:
        """Requests that queue."""
        return len(self._queue)

    def submit(self, pending: Pending) -> bool:
        """Queue a request for as soon as the connection is idle; False when the queue is full."""
        queue = self._queue
        if len(queue) >= self._limits.lane_queue_max:
            return False
        queue.append(pending)
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
            if not self._queue and not self._unsent:
                if self._is_stopping:
                    return
                self._work.clear()
                self._is_idle = True
                await self._work.wait()
                self._is_idle = False
            # A repeat of a voided request may be queued already: it must find the void.
            await self._void_unsent()
            batch = self._take()
            if batch:
                await self._decide(batch, is_certain=True)
                for pending in batch:
                    if pending.unlisted:
                        self._directory.release(pending)

    def _take(self) -> list[Pending]:
        """The next batch, without what can no longer be answered: that stays undecided."""
        queue, now = self._queue, self._clock()
        batch: list[Pending] = []
        while queue and len(batch) < self._limits.batch_size_max:
            pending = queue.popleft()
            if self._is_answerable(pending, now):
                batch.append(pending)
            else:
                self._directory.release(pending)
        return batch

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

    async def _decide(self, batch: list[Pending], *, is_certain: bool) -> None:
        """Get the batch decided and answered.

        `is_certain` is false when an earlier call with these records may have committed.
        """
        while batch:
            try:
                outcomes = await self._call(batch)
            except ConnectionLostError as error:
                is_certain = False
                await self._reconnect(error)
                batch = await self._still_answerable(batch, is_certain=False)
            except CallAgainError as error:
                self._telemetry.called_again(self._name, str(error))
                await asyncio.sleep(CALL_AGAIN_DELAY_S * random.uniform(0.5, 1.0))
                batch = await self._still_answerable(batch, is_certain=is_certain)
            except RecordRefusedError as error:
                await self._isolate(batch, error, is_certain=is_certain)
                return
            else:
                await self._deliver(batch, outcomes, is_certain=is_certain)
                return

    async def _call(self, batch: list[Pending]) -> list[Outcome]:
        requests = [pending.request for pending in batch]
        started_at = self._clock()
        outcomes = await self._decisions.authorize(datetime.now(UTC), requests)
        self._telemetry.batch_decided(len(batch), self._clock() - started_at)
        if len(outcomes) != len(batch):
            raise RecordRefusedError("number of outcomes differs from number of records")
        return outcomes

    async def _deliver(
        self, batch: list[Pending], outcomes: list[Outcome], *, is_certain: bool
    ) -> None:
        answer, learn, now = self._desk.answer, self._directory.learn, self._clock()
        for pending, outcome in zip(batch, outcomes, strict=True):
            if pending.unlisted:
                learn(pending, outcome.account_id)
            answer(pending, outcome, now)
        self._desk.batch_answered()
        # Links write once per turn of the event loop; after this turn it is known what left.
        await asyncio.sleep(0)
        self._unsent.add_from_batch(batch, outcomes, is_certain=is_certain)

    async def _isolate(
        self, batch: list[Pending], error: RecordRefusedError, *, is_certain: bool
    ) -> None:
        """Find the record that the database refuses by sending the batch in halves."""
        if len(batch) == 1:
            self._desk.fail(batch[0], error.reason)
            return
        middle = len(batch) // 2
        for half in (batch[:middle], batch[middle:]):
            answerable = await self._still_answerable(half, is_certain=is_certain)
            await self._decide(answerable, is_certain=is_certain)

    async def _still_answerable(self, batch: list[Pending], *, is_certain: bool) -> list[Pending]:
        """What of a failed batch is to be sent again.

        What can no longer be answered is not decided again; where an earlier call may have
        approved it, that approval is voided before anything else is decided.
        """
        now = self._clock()
        answerable: list[Pending] = []
        for pending in batch:
            if self._is_answerable(pending, now):
                answerable.append(pending)
            elif not is_certain:
                self._unsent.add_unknown(pending)
        await self._void_unsent()
        return answerable

    async def _void_unsent(self) -> None:
        while self._unsent:
            keys = self._unsent.first(self._limits.batch_size_max)
            networks, tokens, identity_keys = zip(*keys, strict=True)
            try:
                await self._decisions.void_unsent(
                    datetime.now(UTC), networks, tokens, identity_keys
                )
            except ConnectionLostError as error:
                await self._reconnect(error)
            except CallAgainError as error:
                self._telemetry.called_again(self._name, str(error))
                await asyncio.sleep(CALL_AGAIN_DELAY_S)
            except RecordRefusedError as error:
                # Holding on to what the database refuses would stop the lane for good.
                self._telemetry.void_refused(self._name, error.reason, len(keys))
                self._unsent.discard(keys)
            else:
                self._telemetry.voided(len(keys))
                self._unsent.discard(keys)

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

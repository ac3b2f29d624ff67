"""Stand-ins for the neighbours of the link modules: requests, links, database, desk."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from cbs._native import RECORD_COLUMNS
from cbs.database.procedures import Outcome
from cbs.link.pending import Pending

CARD = bytes(32)

_trace_numbers = itertools.count(1)


class FakeFrame:
    kind = "message"


class FakeRequest:
    """A request as a profile reads it."""

    def __init__(
        self, message_type: str = "0100", *, token: bytes | None = CARD, key: bytes = bytes(16)
    ) -> None:
        self.message_type = message_type
        self.card_token = token
        self.is_advice = message_type[2] == "2"
        values: dict[str, Any] = dict.fromkeys(RECORD_COLUMNS)
        values.update(
            network="visa_like", message_type=message_type, identity_key=key, card_token=token
        )
        values["trace_id"] = next(_trace_numbers).to_bytes(16, "big")
        self.record = tuple(values.values())


class FakeLink:
    """A link that notes what it was given to send."""

    def __init__(self) -> None:
        self.is_open = True
        self.replies: list[Any] = []
        self.decisions: list[tuple[Pending, bytes]] = []
        self.finished_count = 0

    def send_reply(self, frame: Any, body: bytes) -> None:
        self.replies.append((frame, body))

    def send_decision(self, pending: Pending, body: bytes) -> None:
        self.decisions.append((pending, body))
        pending.is_decision_sent = True

    def finished(self) -> None:
        self.finished_count += 1


def make_pending(
    message_type: str = "0100",
    *,
    token: bytes | None = CARD,
    key: int = 0,
    link: Any = None,
    deadline: float = 1e12,
    received_at: float = 0.0,
) -> Pending:
    request: Any = FakeRequest(message_type, token=token, key=key.to_bytes(16, "big"))
    frame: Any = FakeFrame()
    return Pending(link or FakeLink(), frame, request, received_at=received_at, deadline=deadline)


def make_outcome(
    response_code: str = "00", *, account_id: int = 1, is_replay: bool = False, **more: Any
) -> Outcome:
    values: dict[str, Any] = dict.fromkeys(Outcome._fields)
    values.update(
        ordinal=1,
        operation_id=1,
        account_id=account_id,
        response_code=response_code,
        authorization_code="A1B2C3" if response_code in ("00", "10") else None,
        is_replay=is_replay,
        reasons=[],
    )
    values.update(more)
    return Outcome(**values)


Call = Callable[[Sequence[Any]], list[Outcome]]


class FakeDecisions:
    """A database whose next calls do what the test says; otherwise everything is approved."""

    def __init__(self) -> None:
        self.script: list[Exception | Call] = []
        self.batches: list[list[int]] = []
        self.voids: list[list[int]] = []
        self.voided_traces: list[bytes] = []
        self.log: list[str] = []
        self.open_failures: list[Exception] = []
        self.void_failures: list[Exception] = []
        self.opened = 0
        self.gate: asyncio.Event | None = None
        self.entered = asyncio.Event()

    async def open(self) -> None:
        self.opened += 1
        self.log.append("open")
        if self.open_failures:
            raise self.open_failures.pop(0)

    async def close(self) -> None:
        self.log.append("close")

    async def authorize(self, _now: datetime, requests: Sequence[Any]) -> list[Outcome]:
        place = RECORD_COLUMNS.index("identity_key")
        keys = [int.from_bytes(request.record[place], "big") for request in requests]
        self.batches.append(keys)
        self.log.append(f"authorize {keys}")
        self.entered.set()
        if self.gate is not None:
            await self.gate.wait()
        await asyncio.sleep(0)
        step = self.script.pop(0) if self.script else None
        if isinstance(step, Exception):
            raise step
        if step is not None:
            return step(requests)
        return [make_outcome() for _ in keys]

    async def void_unsent(
        self,
        _now: datetime,
        _networks: Sequence[str],
        _card_tokens: Sequence[bytes],
        identity_keys: Sequence[bytes],
        trace_ids: Sequence[bytes],
    ) -> None:
        keys = [int.from_bytes(key, "big") for key in identity_keys]
        self.voids.append(keys)
        self.voided_traces += trace_ids
        self.log.append(f"void {keys}")
        if self.void_failures:
            raise self.void_failures.pop(0)


class FakeDesk:
    """A desk that notes what it was given, and answers over the request's link."""

    def __init__(self) -> None:
        self.answered: list[tuple[int, str]] = []
        self.failed: list[int] = []
        self.expired: list[int] = []
        self.abandoned: list[int] = []

    def answer(self, pending: Pending, outcome: Outcome, _now: float) -> None:
        if pending.close() and pending.link.is_open:
            pending.link.send_decision(pending, b"")
            self.answered.append((key_of(pending), outcome.response_code))

    def batch_answered(self) -> None:
        pass

    def fail(self, pending: Pending, _reason: str) -> None:
        pending.close()
        self.failed.append(key_of(pending))

    def expire(self, pending: Pending) -> None:
        pending.close()
        self.expired.append(key_of(pending))

    def abandon(self, pending: Pending) -> None:
        pending.close()
        self.abandoned.append(key_of(pending))


def key_of(pending: Pending) -> int:
    return int.from_bytes(pending.identity[2], "big")

"""Which reply answers which request. No I/O and no clock: times are given.

A trace number alone is no key: it comes back after a million messages, and every terminal counts
its own. So an exchange is known by its message type and by several elements together.
"""

from __future__ import annotations

import enum
import heapq
import itertools
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from cbs.codec import Message
from cbs.errors import CbsError
from cbs.message_types import exchange_type, wants_reply

Token = TypeVar("Token")


class ExchangeError(CbsError):
    """A request cannot be sent now; the text says why. It shows no card data."""


class DuplicateRequestError(ExchangeError):
    """A request of the same key awaits its reply: nobody could tell the two replies apart."""


class TooManyInFlightError(ExchangeError):
    """As many requests await their reply as may."""


class Verdict(enum.Enum):
    """What a message that arrived is."""

    REPLY = "reply"
    """It answers a request that waits."""
    LATE = "late"
    """It answers a request that was given up; if it approves, somebody has to take that back."""
    DUPLICATE = "duplicate"
    """Its request has been answered already."""
    AMBIGUOUS = "ambiguous"
    """It lacks the elements that would tell which of several requests it answers."""
    UNKNOWN = "unknown"
    """A reply to nothing that was asked."""
    REQUEST = "request"
    """A message of the peer's own."""


@dataclass(frozen=True, slots=True)
class MatchRules:
    """Which elements make the key, and how much is remembered."""

    required: tuple[str, ...] = ("11",)
    """Must be in both messages, and equal: the trace number."""
    compared: tuple[str, ...] = ("7", "12", "13", "37", "41", "70")
    """Must be equal where both messages have them: times and dates, reference, terminal, code."""
    in_flight_max: int = 1024
    """Requests that may await their reply."""
    remembered_max: int = 4096
    """Exchanges that have ended and are kept, to recognise what comes late or twice."""
    remembered_s: float = 300.0


@dataclass(slots=True, eq=False)
class _Exchange(Generic[Token]):
    """One request. It keeps what it is matched by, and nothing of the card."""

    number: int
    type: str
    required: tuple[str | None, ...]
    compared: tuple[str | None, ...]
    token: Token
    deadline: float
    ended_as: Verdict | None = None
    ended_at: float = 0.0

    @property
    def key(self) -> tuple[str, tuple[str | None, ...]]:
        """What is equal in both messages of an exchange, always."""
        return self.type, self.required

    def may_be(self, compared: tuple[str | None, ...]) -> bool:
        """Whether nothing that both have differs."""
        return all(
            ours is None or theirs is None or ours == theirs
            for ours, theirs in zip(self.compared, compared, strict=True)
        )


@dataclass(frozen=True, slots=True)
class Arrival(Generic[Token]):
    """What arrived, and the token of the request that it belongs to, if it belongs to one."""

    verdict: Verdict
    message: Message
    token: Token | None = None


_Index = dict[tuple[str, tuple[str | None, ...]], list[_Exchange[Token]]]


@dataclass(slots=True)
class Matcher(Generic[Token]):
    """The requests of one link that await their replies, and those that ended lately.

    A token is whatever the caller knows an exchange by: a future, a number, the request.
    """

    rules: MatchRules = field(default_factory=MatchRules)
    _index: _Index[Token] = field(default_factory=dict)
    _open: dict[int, _Exchange[Token]] = field(default_factory=dict)
    _deadlines: list[tuple[float, int]] = field(default_factory=list)
    _ended: OrderedDict[int, _Exchange[Token]] = field(default_factory=OrderedDict)
    _numbers: itertools.count[int] = field(default_factory=itertools.count)

    def __len__(self) -> int:
        """Requests that await their reply."""
        return len(self._open)

    def sent(self, request: Message, token: Token, *, now: float, timeout_s: float) -> None:
        """Register a request that is about to leave.

        Raises `DuplicateRequestError`, `TooManyInFlightError`, and `ExchangeError` for a message
        that no reply can be recognised by: one that wants none, or lacks a required element.
        """
        exchange = self._exchange(request, token, now + timeout_s)
        if len(self._open) >= self.rules.in_flight_max:
            raise TooManyInFlightError(
                f"{len(self._open)} requests await their reply; no more may at a time"
            )
        place = self._index.get(exchange.key, ())
        for other in [known for known in place if known.may_be(exchange.compared)]:
            if other.ended_as is None:
                named = ", ".join(f"field {number}" for number in self.rules.required)
                raise DuplicateRequestError(
                    f"a {request.mti} with the same {named} awaits its reply"
                )
            # The same message again after it was given up: from now on a reply answers this one.
            del self._ended[other.number]
            self._unlist(other)
        self._index.setdefault(exchange.key, []).append(exchange)
        self._open[exchange.number] = exchange
        heapq.heappush(self._deadlines, (exchange.deadline, exchange.number))

    def arrived(self, message: Message, *, now: float) -> Arrival[Token]:
        """Say what a message is. What it answers is open no more."""
        self._forget_old(now)
        if wants_reply(message.mti):
            return Arrival(Verdict.REQUEST, message)
        key = (exchange_type(message.mti), self._values(message, self.rules.required))
        compared = self._values(message, self.rules.compared)
        candidates = [known for known in self._index.get(key, ()) if known.may_be(compared)]
        # Of what may be meant, a request without a reply goes before those that had theirs. One
        # that was given up counts as much as one that waits: its approval is not the other's.
        unanswered = [known for known in candidates if known.ended_as is not Verdict.REPLY]
        if len(unanswered or candidates) > 1:
            return Arrival(Verdict.AMBIGUOUS, message)
        waiting = [known for known in unanswered if known.ended_as is None]
        if waiting:
            self._end(waiting[0], Verdict.REPLY, now)
            return Arrival(Verdict.REPLY, message, waiting[0].token)
        if not candidates:
            return Arrival(Verdict.UNKNOWN, message)
        (known,) = unanswered or candidates
        verdict = Verdict.DUPLICATE if known.ended_as is Verdict.REPLY else Verdict.LATE
        known.ended_as = Verdict.REPLY
        return Arrival(verdict, message, known.token)

    def next_deadline(self) -> float | None:
        """When `expire` has something to do next; None where nothing waits."""
        while self._deadlines and self._deadlines[0][1] not in self._open:
            heapq.heappop(self._deadlines)
        return self._deadlines[0][0] if self._deadlines else None

    def expire(self, now: float) -> list[Token]:
        """Give up the requests whose time is over; their tokens, the oldest first."""
        given_up = []
        while (deadline := self.next_deadline()) is not None and deadline <= now:
            exchange = self._open[heapq.heappop(self._deadlines)[1]]
            self._end(exchange, Verdict.LATE, now)
            given_up.append(exchange.token)
        self._forget_old(now)
        return given_up

    def give_up_all(self, now: float) -> list[Token]:
        """Give up everything that waits, as where the link is gone; the tokens."""
        given_up = list(self._open.values())
        for exchange in given_up:
            self._end(exchange, Verdict.LATE, now)
        self._deadlines.clear()
        return [exchange.token for exchange in given_up]

    def _exchange(self, request: Message, token: Token, deadline: float) -> _Exchange[Token]:
        if not wants_reply(request.mti):
            raise ExchangeError(f"a {request.mti} is not answered: send it, do not request")
        required = self._values(request, self.rules.required)
        for number, text in zip(self.rules.required, required, strict=True):
            if text is None:
                raise ExchangeError(f"a request without field {number} could not be matched")
        return _Exchange(
            number=next(self._numbers),
            type=exchange_type(request.mti),
            required=required,
            compared=self._values(request, self.rules.compared),
            token=token,
            deadline=deadline,
        )

    @staticmethod
    def _values(message: Message, numbers: tuple[str, ...]) -> tuple[str | None, ...]:
        return tuple(message.get(number) for number in numbers)

    def _end(self, exchange: _Exchange[Token], verdict: Verdict, now: float) -> None:
        exchange.ended_as, exchange.ended_at = verdict, now
        self._ended[exchange.number] = self._open.pop(exchange.number)

    def _forget_old(self, now: float) -> None:
        while self._ended:
            number, oldest = next(iter(self._ended.items()))
            is_old = now - oldest.ended_at > self.rules.remembered_s
            if not is_old and len(self._ended) <= self.rules.remembered_max:
                return
            del self._ended[number]
            self._unlist(oldest)

    def _unlist(self, exchange: _Exchange[Token]) -> None:
        place = self._index[exchange.key]
        place.remove(exchange)
        if not place:
            del self._index[exchange.key]

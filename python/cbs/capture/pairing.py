"""Which answer belongs to which request, by what ISO 8583 has answers repeat.

`cbs.mux.matcher` does the same for one who sends, and refuses what could not be told apart later;
here everything has been sent already, and whatever is odd has to be told.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import NamedTuple

from cbs.codec import Message
from cbs.message_types import exchange_type, is_reply, wants_reply

OPEN_MAX = 4096
"""Requests of one conversation that are waited for; then the oldest one counts as unanswered."""

ANSWERED_MAX = 1024
"""Requests of one conversation that are remembered after their answer."""

SAME_KEY_MAX = 8
"""Of those, how many with one trace number."""

REPEATED = ("7", "32", "37", "41", "70")
"""Elements that an answer repeats, besides its trace number, if it has them at all."""

_REFERENCE = REPEATED.index("37")


class Pairing(NamedTuple):
    """What a message is to the others of its conversation."""

    role: str
    """One of "request", "notice" (wants no answer), "repeat" (of a request), "answer",
    "late answer", "second answer", "unsolicited" (an answer without a request)."""
    latency_ns: int | None = None
    """From the request, or its first repeat, to this answer."""


class OpenRequest(NamedTuple):
    """A request without an answer."""

    time_ns: int
    sender: int
    mti: str
    stan: str
    repeated: tuple[str | None, ...]

    @property
    def reference(self) -> str | None:
        """Its retrieval reference number."""
        return self.repeated[_REFERENCE]


_NETWORK_ADVICE = "82"
"""Class and function of network management that hosts do not answer, although it is an advice."""

_Key = tuple[int, str, str]


class Matcher:
    """Pairs the messages of one conversation as they come."""

    def __init__(self, late_ns: int) -> None:
        """Answers that take longer than `late_ns` are late."""
        self._late_ns = late_ns
        self._open: OrderedDict[_Key, list[OpenRequest]] = OrderedDict()
        self._answered: OrderedDict[_Key, list[OpenRequest]] = OrderedDict()
        self._count = 0
        self.dropped: list[OpenRequest] = []
        """Requests that are not waited for any more."""

    def add(self, message: Message, sender: int, time_ns: int) -> Pairing:
        """What `message` is. `sender` is 0 or 1: which side sent it."""
        mti, stan = message.mti, message.get("11", "")
        repeated = tuple(message.get(number) for number in REPEATED)
        if is_reply(mti):
            return self._answer((1 - sender, exchange_type(mti), stan), repeated, time_ns)
        if not wants_reply(mti) or mti[1:3] == _NETWORK_ADVICE:
            return Pairing("notice")
        request = OpenRequest(time_ns, sender, mti, stan, repeated)
        key = (sender, exchange_type(mti), stan)
        if any(_fits(other, repeated) for other in self._open.get(key, ())):
            return Pairing("repeat")
        if any(_fits(other, repeated) for other in self._answered.get(key, ())):
            self._put(key, request)
            return Pairing("repeat")
        self._put(key, request)
        return Pairing("request")

    def unanswered(self) -> list[OpenRequest]:
        """Every request that still waits, the oldest first."""
        waiting = [request for requests in self._open.values() for request in requests]
        return sorted(self.dropped + waiting, key=lambda request: request.time_ns)

    def _put(self, key: _Key, request: OpenRequest) -> None:
        self._open.setdefault(key, []).append(request)
        self._count += 1
        if self._count > OPEN_MAX:
            _, oldest = self._open.popitem(last=False)
            self._count -= len(oldest)
            # Enough to tell how it went; a link that answers nothing would fill the memory.
            self.dropped = [*self.dropped, *oldest][:OPEN_MAX]

    def _answer(self, key: _Key, repeated: tuple[str | None, ...], time_ns: int) -> Pairing:
        requests = self._open.get(key, [])
        for request in requests:
            if _fits(request, repeated):
                requests.remove(request)
                self._count -= 1
                if not requests:
                    del self._open[key]
                self._remember(key, request)
                latency_ns = time_ns - request.time_ns
                role = "late answer" if latency_ns > self._late_ns else "answer"
                return Pairing(role, latency_ns)
        for request in self._answered.get(key, []):
            if _fits(request, repeated):
                return Pairing("second answer", time_ns - request.time_ns)
        return Pairing("unsolicited")

    def _remember(self, key: _Key, request: OpenRequest) -> None:
        known = self._answered.setdefault(key, [])
        known.append(request)
        del known[:-SAME_KEY_MAX]
        if len(self._answered) > ANSWERED_MAX:
            self._answered.popitem(last=False)


def _fits(request: OpenRequest, repeated: tuple[str | None, ...]) -> bool:
    """Whether what both have is the same."""
    return all(
        mine is None or other is None or mine.strip() == other.strip()
        for mine, other in zip(request.repeated, repeated, strict=True)
    )

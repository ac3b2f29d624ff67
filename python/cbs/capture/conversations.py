"""TCP conversations out of packets, each one's messages read and paired."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from cbs.capture.cutting import Choice, Cut, Cutter
from cbs.capture.detection import Detector
from cbs.capture.packets import ACK, FIN, RST, SYN, Endpoint, Segment
from cbs.capture.pairing import Matcher, OpenRequest, Pairing
from cbs.capture.streams import Chunk, Stream

CONVERSATIONS_MAX = 4096
"""Conversations that are followed at a time; then the one that was silent longest ends."""

HELD_BYTES_MAX = 8192
"""Bytes that are held until it is known how a conversation is to be read."""

HELD_CHUNKS_MAX = 64

LATE_CHUNKS_MIN = 6
"""Pieces that are waited for where the first one may be the end of a frame."""


class Event(NamedTuple):
    """Something to tell about a conversation."""

    conversation: Conversation
    kind: str
    """One of "opened" (it is known how it is read), "foreign", "cut", "unanswered", "closed"."""
    time_ns: int
    sender: int = 0
    """Which side: 0 is the client."""
    cut: Cut | None = None
    pairing: Pairing | None = None
    request: OpenRequest | None = None


@dataclass(eq=False)
class Conversation:
    """One TCP connection."""

    number: int
    ends: tuple[Endpoint, Endpoint]
    """Client and server."""
    opened_ns: int
    matcher: Matcher
    streams: tuple[Stream, Stream] = field(default_factory=lambda: (Stream(), Stream()))
    choice: Choice | None = None
    looks_like: str | None = None
    """What it is if it is no ISO 8583."""
    is_foreign: bool = False
    is_closed: bool = False
    last_ns: int = 0
    first_sequence: int | None = None
    finished: set[int] = field(default_factory=set)
    held: list[tuple[int, Chunk]] = field(default_factory=list)
    cutters: tuple[Cutter, Cutter] | None = None
    messages: int = 0

    @property
    def starts_late(self) -> bool:
        """Whether it was open before the capture began."""
        return any(stream.starts_late for stream in self.streams)


class Dissector:
    """Follows every conversation; `feed` gives what a segment completes."""

    def __init__(
        self,
        detector: Detector,
        *,
        ports: frozenset[int] = frozenset(),
        hosts: frozenset[str] = frozenset(),
        late_ms: int = 10_000,
    ) -> None:
        """Only conversations with one of `ports` and one of `hosts`, where any are given."""
        self._detector = detector
        self._ports, self._hosts = ports, hosts
        self._late_ns = late_ms * 1_000_000
        self._open: OrderedDict[tuple[Endpoint, Endpoint], Conversation] = OrderedDict()
        self._count = 0

    def feed(self, segment: Segment) -> Iterator[Event]:
        """What can be told now that `segment` was captured."""
        if not self._is_wanted(segment):
            return
        key = _key(segment)
        conversation = self._open.get(key)
        if conversation is not None and _begins_anew(conversation, segment):
            yield from self._close(conversation)
            conversation = None
            del self._open[key]
        if conversation is None:
            if not segment.flags & SYN and not segment.payload:
                return
            conversation = self._begin(segment)
            self._open[key] = conversation
            if len(self._open) > CONVERSATIONS_MAX:
                _, oldest = self._open.popitem(last=False)
                yield from self._close(oldest)
        self._open.move_to_end(key)
        yield from self._follow(conversation, segment)

    def finish(self) -> Iterator[Event]:
        """What is left when the capture ends."""
        for conversation in self._open.values():
            yield from self._close(conversation)
        self._open.clear()

    def _is_wanted(self, segment: Segment) -> bool:
        ends = (segment.source, segment.destination)
        return (not self._ports or any(end.port in self._ports for end in ends)) and (
            not self._hosts or any(end.host in self._hosts for end in ends)
        )

    def _begin(self, segment: Segment) -> Conversation:
        ends = (segment.source, segment.destination)
        if segment.flags & SYN:
            is_turned = bool(segment.flags & ACK)
        else:
            # Servers have the lower port, as a rule.
            is_turned = segment.source.port < segment.destination.port
        self._count += 1
        return Conversation(
            number=self._count,
            ends=(ends[1], ends[0]) if is_turned else ends,
            opened_ns=segment.time_ns,
            matcher=Matcher(self._late_ns),
        )

    def _follow(self, conversation: Conversation, segment: Segment) -> Iterator[Event]:
        conversation.last_ns = segment.time_ns
        if conversation.is_closed:
            return
        sender = 0 if segment.source == conversation.ends[0] else 1
        if segment.flags & SYN and not segment.flags & ACK:
            conversation.first_sequence = segment.sequence
        for chunk in conversation.streams[1 - sender].acknowledge(segment):
            yield from self._read(conversation, 1 - sender, chunk)
        for chunk in conversation.streams[sender].feed(segment):
            yield from self._read(conversation, sender, chunk)
        if segment.flags & FIN:
            conversation.finished.add(sender)
        if segment.flags & RST or len(conversation.finished) == 2:
            yield from self._close(conversation)

    def _read(self, conversation: Conversation, sender: int, chunk: Chunk) -> Iterator[Event]:
        if conversation.is_foreign:
            return
        if conversation.choice is None:
            conversation.held.append((sender, chunk))
            yield from self._decide(conversation, is_last=False)
            return
        yield from self._cut(conversation, sender, chunk)

    def _decide(self, conversation: Conversation, *, is_last: bool) -> Iterator[Event]:
        """Find out how it is read, and read what was held."""
        held = conversation.held
        size = sum(len(chunk.octets) for _, chunk in held)
        is_full = is_last or size >= HELD_BYTES_MAX or len(held) >= HELD_CHUNKS_MAX
        if conversation.starts_late and len(held) < LATE_CHUNKS_MIN and not is_full:
            return
        found = self._detector.choose(conversation.ends[1], held, is_full=is_full)
        if found.choice is None:
            if is_full or found.is_certain:
                conversation.is_foreign, conversation.looks_like = True, found.looks_like
                conversation.held = []
                yield Event(conversation, "foreign", conversation.opened_ns)
            return
        conversation.choice, conversation.held = found.choice, []
        first, second = conversation.streams
        conversation.cutters = (
            Cutter(found.choice, starts_late=first.starts_late),
            Cutter(found.choice, starts_late=second.starts_late),
        )
        yield Event(conversation, "opened", conversation.opened_ns)
        for sender, chunk in held:
            yield from self._cut(conversation, sender, chunk)

    def _cut(self, conversation: Conversation, sender: int, chunk: Chunk) -> Iterator[Event]:
        assert conversation.cutters is not None
        for cut in conversation.cutters[sender].feed(chunk):
            yield self._tell(conversation, sender, cut)

    def _tell(self, conversation: Conversation, sender: int, cut: Cut) -> Event:
        pairing = None
        if cut.message is not None:
            conversation.messages += 1
            pairing = conversation.matcher.add(cut.message, sender, cut.time_ns)
        return Event(conversation, "cut", cut.time_ns, sender, cut, pairing)

    def _close(self, conversation: Conversation) -> Iterator[Event]:
        if conversation.is_closed:
            return
        time_ns = conversation.last_ns
        for sender, stream in enumerate(conversation.streams):
            for chunk in stream.flush(time_ns):
                yield from self._read(conversation, sender, chunk)
        if conversation.held:
            yield from self._decide(conversation, is_last=True)
        for sender, cutter in enumerate(conversation.cutters or ()):
            for cut in cutter.finish(time_ns):
                yield self._tell(conversation, sender, cut)
        conversation.is_closed = True
        for request in conversation.matcher.unanswered():
            yield Event(conversation, "unanswered", time_ns, sender=request.sender, request=request)
        if conversation.choice is not None:
            yield Event(conversation, "closed", time_ns)


def _key(segment: Segment) -> tuple[Endpoint, Endpoint]:
    ends = sorted((segment.source, segment.destination))
    return ends[0], ends[1]


def _begins_anew(conversation: Conversation, segment: Segment) -> bool:
    """Whether the same ports are used by another connection now."""
    if not segment.flags & SYN or segment.flags & ACK:
        return False
    known = conversation.first_sequence
    has_data = any(not stream.is_untouched for stream in conversation.streams)
    return segment.sequence != known and (known is not None or has_data)

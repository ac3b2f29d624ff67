"""The bytes of one direction of a TCP connection, in order, out of segments in any order."""

from __future__ import annotations

from typing import NamedTuple

from cbs.capture.packets import ACK, RST, SYN, Segment

WAITING_BYTES_MAX = 1 << 20
"""Bytes that are kept in front of a hole; then it is taken for lost."""

WAITING_SEGMENTS_MAX = 256
"""The same in segments."""

_WRAP = 1 << 32
_FAR = 1 << 30
"""A step of sequence numbers that no window allows: another connection on the same ports."""


class Chunk(NamedTuple):
    """Bytes that follow the ones before; or a hole of `lost` bytes."""

    time_ns: int
    octets: bytes
    lost: int = 0


class Stream:
    """Puts one direction in order: retransmissions, overlaps, reordering, holes."""

    def __init__(self) -> None:
        """Nothing was seen yet."""
        self.retransmitted_bytes = 0
        self.lost_bytes = 0
        self.reordered_segments = 0
        self.starts_late = False
        """Whether the connection was open before the capture began."""
        self._next: int | None = None
        self._waiting: dict[int, Segment] = {}
        self._acknowledged: int | None = None

    @property
    def is_untouched(self) -> bool:
        """Whether nothing of this direction was seen."""
        return self._next is None

    def feed(self, segment: Segment) -> list[Chunk]:
        """What can be read now that `segment` came."""
        sequence = segment.sequence
        if segment.flags & SYN:
            # Data may come with it; the flag itself counts as one.
            sequence = (sequence + 1) % _WRAP
            if self._next is None:
                self._next = sequence
        if not segment.payload and not segment.missing:
            return []
        if self._next is None:
            self._next, self.starts_late = sequence, not segment.flags & RST
        step = self._step(sequence)
        if abs(step) > _FAR:
            chunks = self.flush(segment.time_ns)
            self._next, step = sequence, 0
        else:
            chunks = []
        if step > 0:
            self.reordered_segments += 1
            self._waiting.setdefault(sequence, segment._replace(sequence=sequence))
            return chunks + self._overflow(segment.time_ns)
        chunks += self._take(segment._replace(sequence=sequence))
        return chunks + self._drain(segment.time_ns)

    def acknowledge(self, segment: Segment) -> list[Chunk]:
        """What can be read once the other side says how much it received.

        What it received and the capture does not have, the capture has lost.
        """
        if not segment.flags & ACK or self._next is None:
            return []
        self._acknowledged = segment.acknowledged
        return self._skip(segment.time_ns) if self._is_lost() else []

    def flush(self, time_ns: int) -> list[Chunk]:
        """All that waits, with the holes in between: nothing more will come."""
        chunks = []
        while self._waiting:
            chunks += self._skip(time_ns)
        return chunks

    def _step(self, sequence: int) -> int:
        """How far `sequence` is ahead of what was read, below zero for what is known."""
        assert self._next is not None
        step = (sequence - self._next) % _WRAP
        return step - _WRAP if step >= _WRAP // 2 else step

    def _is_lost(self) -> bool:
        if not self._waiting or self._acknowledged is None:
            return False
        first = min(self._step(sequence) for sequence in self._waiting)
        return first > 0 and self._step(self._acknowledged) >= first

    def _take(self, segment: Segment) -> list[Chunk]:
        """The part of a segment that was not read before. It begins at or before the next byte."""
        assert self._next is not None
        known = -self._step(segment.sequence)
        whole = len(segment.payload) + segment.missing
        self.retransmitted_bytes += min(known, whole)
        if known >= whole:
            return []
        octets = segment.payload[known:]
        self._next = (segment.sequence + whole) % _WRAP
        chunks = [Chunk(segment.time_ns, octets)] if octets else []
        if segment.missing:
            lost = min(segment.missing, whole - known)
            self.lost_bytes += lost
            chunks.append(Chunk(segment.time_ns, b"", lost))
        return chunks

    def _drain(self, time_ns: int) -> list[Chunk]:
        """What waited and now follows."""
        chunks: list[Chunk] = []
        while self._waiting:
            first = min(self._waiting, key=self._step)
            if self._step(first) > 0:
                return chunks + (self._skip(time_ns) if self._is_lost() else [])
            chunks += self._take(self._waiting.pop(first))
        return chunks

    def _overflow(self, time_ns: int) -> list[Chunk]:
        held = sum(len(segment.payload) for segment in self._waiting.values())
        too_much = held > WAITING_BYTES_MAX or len(self._waiting) > WAITING_SEGMENTS_MAX
        return self._skip(time_ns) if too_much or self._is_lost() else []

    def _skip(self, time_ns: int) -> list[Chunk]:
        """Give up the hole in front of what waits."""
        first = min(self._waiting, key=self._step)
        lost = max(self._step(first), 0)
        self.lost_bytes += lost
        self._next = first if lost else self._next
        hole = [Chunk(time_ns, b"", lost)] if lost else []
        return hole + self._drain(time_ns)

"""What a capture held, in numbers; its size does not grow with the capture."""

from __future__ import annotations

import math
from collections import Counter

from cbs.capture.conversations import Event

_STEPS = 200
"""Steps of the latency's logarithm: the percentiles are right to half a percent."""

ODD_ROLES = ("late answer", "second answer", "unsolicited", "repeat")


class Latencies:
    """Percentiles of latencies, from counts of their logarithms."""

    def __init__(self) -> None:
        """None so far."""
        self._counts: Counter[int] = Counter()
        self.count = 0
        self.longest_ns = 0

    def add(self, latency_ns: int) -> None:
        """Count one; captures of several clocks may have one below zero, which counts as zero."""
        self._counts[round(math.log(max(latency_ns, 1)) * _STEPS)] += 1
        self.count += 1
        self.longest_ns = max(self.longest_ns, latency_ns)

    def percentile_ms(self, percent: float) -> float:
        """The latency that so many percent do not exceed; zero if there are none."""
        wanted, seen = self.count * percent / 100, 0
        for step, count in sorted(self._counts.items()):
            seen += count
            if seen >= wanted:
                return min(math.exp(step / _STEPS), max(self.longest_ns, 1)) / 1e6
        return 0.0


class Summary:
    """Counts of everything that was told."""

    def __init__(self) -> None:
        """Nothing was told yet."""
        self.conversations = 0
        self.foreign: Counter[str] = Counter()
        self.message_types: Counter[str] = Counter()
        self.response_codes: Counter[str] = Counter()
        self.frames: Counter[str] = Counter()
        self.roles: Counter[str] = Counter()
        self.faults = 0
        self.unanswered = 0
        self.lost_bytes = 0
        self.skipped_bytes = 0
        self.retransmitted_bytes = 0
        self.latencies = Latencies()

    def add(self, event: Event) -> None:
        """Count one event."""
        if event.kind == "opened":
            self.conversations += 1
        elif event.kind == "foreign":
            self.foreign[event.conversation.looks_like or "something unknown"] += 1
        elif event.kind == "unanswered":
            self.unanswered += 1
        elif event.kind == "closed":
            streams = event.conversation.streams
            self.retransmitted_bytes += sum(stream.retransmitted_bytes for stream in streams)
        elif event.cut is not None:
            self._add_cut(event)

    def _add_cut(self, event: Event) -> None:
        cut = event.cut
        assert cut is not None
        if cut.kind == "lost":
            self.lost_bytes += cut.octets
        elif cut.kind == "skipped":
            self.skipped_bytes += cut.octets
        elif cut.kind not in ("message", "fault"):
            self.frames[cut.kind] += 1
        self.faults += bool(cut.problem)
        if cut.message is not None:
            self.message_types[cut.message.mti] += 1
            if "39" in cut.message:
                self.response_codes[cut.message["39"]] += 1
        if event.pairing is not None:
            if event.pairing.role in ODD_ROLES:
                self.roles[event.pairing.role] += 1
            if event.pairing.role in ("answer", "late answer"):
                self.latencies.add(event.pairing.latency_ns or 0)

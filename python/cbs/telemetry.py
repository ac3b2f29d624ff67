"""What the server says about itself: one line per event, and counters.

Events go to stderr as JSON, one object a line, or in colour on a terminal. Every event has
`timestamp` (UTC), `level` and `event`; the others are

| event | fields |
| --- | --- |
| `started` | `listen`, `connect`, `lanes`, `cards` |
| `stopping`, `stopped` | `reason`; the counters |
| `link_opened`, `link_closed` | `link`, `peer`; `reason` |
| `link_refused` | `peer`, `links` |
| `tls_refused` | `reason` of a handshake that failed, `count` of all |
| `signed_on`, `signed_off` | `link` |
| `connect_failed` | `address`, `reason`, `retry_s` |
| `reply_failed` | `message_type`, `path` |
| `message_dropped` | `link`, `reason`, `path`, `offset`, `count` on this link |
| `database_lost`, `database_back` | `lane`, `reason`; `outage_s`, `attempts` |
| `embedded_restarted`, `embedded_failed` | `attempt`; `outage_s` |
| `call_repeated` | `lane`, `reason` |
| `lane_failed`, `callback_failed` | `reason`, `place` in the code; `lane` |
| `record_refused` | `message_type`, `reason`, `count` in this interval |
| `void_refused` | `lane`, `reason`, `count` |
| `counters` | the counters of the last interval |

No event ever carries card data: not a PAN, not a token, no bytes of a message, and no text of a
database error, because such texts quote values.
"""

from __future__ import annotations

import logging
import math
import sys
import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import structlog

LEVELS = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}

_BUCKETS_PER_OCTAVE = 8


def configure_logging(level: str) -> None:
    """Send events of `level` and above to stderr."""
    is_terminal = sys.stderr.isatty()
    renderer: Any = (
        structlog.dev.ConsoleRenderer()
        if is_terminal
        else structlog.processors.JSONRenderer(serializer=_json_text)
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )


def _json_text(event: Any, **_options: Any) -> str:
    return orjson.dumps(event, default=str).decode()


class Histogram:
    """Durations in buckets that grow by a ninth each, so that a quantile is right within 10 %."""

    def __init__(self) -> None:
        """Start empty."""
        self._counts: Counter[int] = Counter()

    def __len__(self) -> int:
        """How many durations were added."""
        return self._counts.total()

    def add(self, seconds: float) -> None:
        """Count one duration."""
        mantissa, exponent = math.frexp(seconds)
        self._counts[exponent * _BUCKETS_PER_OCTAVE + int((mantissa - 0.5) * 16)] += 1

    def quantile_ms(self, share: float) -> float:
        """The upper end, in milliseconds, of the bucket that holds this share; 0 when empty."""
        remaining = math.ceil(share * len(self))
        for bucket in sorted(self._counts):
            remaining -= self._counts[bucket]
            if remaining <= 0:
                exponent, step = divmod(bucket, _BUCKETS_PER_OCTAVE)
                return round(math.ldexp(0.5 + (step + 1) / 16, exponent) * 1000, 3)
        return 0.0


class Telemetry:
    """Counters of one server and the events that its parts report.

    The counters are plain attributes: the server is one thread, and a request must not pay for
    a metrics library.
    """

    def __init__(self) -> None:
        """Start at zero."""
        self._log = structlog.get_logger()
        self.links = 0
        self.handshakes_refused = 0
        self.events_lost = 0
        self.reset()

    def reset(self) -> None:
        """Begin a new interval."""
        self.received: Counter[str] = Counter()
        self.answered: Counter[str] = Counter()
        self.dropped: Counter[str] = Counter()
        self.late = 0
        self.shed = 0
        self.abandoned = 0
        self.unsent = 0
        self.voids = 0
        self.records_refused = 0
        self.batches = 0
        self.batch_size_max = 0
        self.decided = 0
        self.latency = Histogram()
        self.call_duration = Histogram()

    def counters(self) -> dict[str, Any]:
        """The counters as one event shows them: nested tables only where they hold anything."""
        return {
            "links": self.links,
            "events_lost": self.events_lost,
            "received": dict(self.received),
            "answered": dict(self.answered),
            "dropped": dict(self.dropped),
            "late": self.late,
            "shed": self.shed,
            "abandoned": self.abandoned,
            "unsent": self.unsent,
            "voided": self.voids,
            "refused": self.records_refused,
            "decided": self.decided,
            "batches": self.batches,
            "batch_size_mean": round(self.decided / self.batches, 1) if self.batches else 0.0,
            "batch_size_max": self.batch_size_max,
            "latency_ms_p50": self.latency.quantile_ms(0.5),
            "latency_ms_p99": self.latency.quantile_ms(0.99),
            "latency_ms_p999": self.latency.quantile_ms(0.999),
            "call_ms_p50": self.call_duration.quantile_ms(0.5),
            "call_ms_p99": self.call_duration.quantile_ms(0.99),
        }

    def event(self, name: str, **fields: Any) -> None:
        """Report something that is no fault."""
        self._write(self._log.info, name, fields)

    def warning(self, name: str, **fields: Any) -> None:
        """Report something that somebody may have to look at."""
        self._write(self._log.warning, name, fields)

    def interval_passed(self) -> None:
        """Report the counters of the interval, unless nothing happened, and begin a new one."""
        if self.received or self.dropped or self.decided:
            self.event("counters", **self.counters())
        self.reset()

    def batch_decided(self, size: int, duration_s: float) -> None:
        """One call of the procedure returned."""
        self.batches += 1
        self.decided += size
        self.batch_size_max = max(self.batch_size_max, size)
        self.call_duration.add(duration_s)

    def refused(self, message_type: str, reason: str) -> None:
        """The database refuses a record. Where it refuses all of them, events get rare."""
        self.records_refused += 1
        if self.records_refused & (self.records_refused - 1) == 0:
            self.warning(
                "record_refused",
                message_type=message_type,
                reason=reason,
                count=self.records_refused,
            )

    def tls_refused(self, reason: str) -> None:
        """A handshake failed. A port that is scanned must not become a flood of events."""
        self.handshakes_refused += 1
        if self.handshakes_refused & (self.handshakes_refused - 1) == 0:
            self.warning("tls_refused", reason=reason, count=self.handshakes_refused)

    def voided(self, count: int) -> None:
        """Approvals that never left were voided."""
        self.voids += count

    def called_again(self, lane: str, reason: str) -> None:
        """A call was rolled back for a reason that may pass."""
        self.warning("call_repeated", lane=lane, reason=reason)

    def void_refused(self, lane: str, reason: str, count: int) -> None:
        """The database refuses to void; the holds stay until they expire."""
        self.warning("void_refused", lane=lane, reason=reason, count=count)

    def fault(self, name: str, error: BaseException | None, **fields: Any) -> None:
        """Report a fault of ours. The error's text stays out: it may quote a record."""
        calls = traceback.extract_tb(error.__traceback__) if error is not None else []
        place = f"{Path(calls[-1].filename).name}:{calls[-1].lineno}" if calls else ""
        fields.update(reason=type(error).__name__, place=place)
        self._write(self._log.error, name, fields)

    def _write(self, write: Callable[..., Any], name: str, fields: dict[str, Any]) -> None:
        """Nobody reading the log any more, or a full disk, is no reason to stop serving."""
        try:
            write(name, **fields)
        except (OSError, ValueError):
            self.events_lost += 1

    def database_lost(self, lane: str, reason: str) -> None:
        """A lane's connection broke."""
        self.warning("database_lost", lane=lane, reason=reason)

    def database_back(self, lane: str, outage_s: float, attempts: int) -> None:
        """A lane is connected again."""
        self.event("database_back", lane=lane, outage_s=round(outage_s, 3), attempts=attempts)

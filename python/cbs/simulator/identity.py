"""Numbers that tell one message from every other: trace number, reference, life-cycle id."""

from __future__ import annotations

import itertools
import random
from dataclasses import dataclass
from datetime import UTC, datetime

_TRACE_NUMBERS = 1_000_000

# A counter's `next` is atomic, so threads and greenlets share it; a random start keeps two
# simulators of the same second apart.
_counter = itertools.count(random.randrange(_TRACE_NUMBERS))


@dataclass(frozen=True, slots=True)
class Identity:
    """What one message is known by, each in its wire form."""

    transmitted: str
    """DE7: UTC, MMDDhhmmss."""
    stan: str
    """DE11: six digits."""
    retrieval_reference: str
    """DE37: last digit of the year, day of the year, hour, trace number."""
    lifecycle_id: str
    """DE62.2: fifteen digits, the same through all messages of one purchase."""
    local_time: str
    """DE12: hhmmss. The simulator's terminals stand in UTC."""
    local_date: str
    """DE13: MMDD."""
    date: str
    """YYMMDD, as a chip writes it into tag 9A."""


def new_identity(now: datetime | None = None) -> Identity:
    """An identity that no other message of this process has had within its last million."""
    moment = (now or datetime.now(UTC)).astimezone(UTC)
    stan = f"{next(_counter) % _TRACE_NUMBERS:06d}"
    day = f"{moment.year % 10}{moment.timetuple().tm_yday:03d}"
    second_of_day = moment.hour * 3600 + moment.minute * 60 + moment.second
    return Identity(
        transmitted=moment.strftime("%m%d%H%M%S"),
        stan=stan,
        retrieval_reference=f"{day}{moment.hour:02d}{stan}",
        lifecycle_id=f"{day}{second_of_day:05d}{stan}",
        local_time=moment.strftime("%H%M%S"),
        local_date=moment.strftime("%m%d"),
        date=moment.strftime("%y%m%d"),
    )

"""How long to wait before the next attempt to connect."""

from __future__ import annotations

import random

RETRY_DELAY_S = 0.2
RETRY_DELAY_S_MAX = 10.0


class Backoff:
    """Delays that double up to a bound, each shortened by chance.

    The jitter keeps the links of many hosts from coming back in step.
    """

    def __init__(
        self, first_s: float = RETRY_DELAY_S, maximum_s: float = RETRY_DELAY_S_MAX
    ) -> None:
        """Seconds."""
        self._first_s = self._delay_s = first_s
        self._maximum_s = maximum_s

    def reset(self) -> None:
        """Begin anew: the link was up."""
        self._delay_s = self._first_s

    def next_s(self) -> float:
        """Seconds to wait now: between half of the delay and all of it."""
        delay_s = self._delay_s
        self._delay_s = min(delay_s * 2, self._maximum_s)
        return delay_s * random.uniform(0.5, 1.0)

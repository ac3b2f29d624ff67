"""When each request must have been answered: one queue, one timer.

All deadlines are equally long, so the queue is in order by itself and one timer for its head is
enough. A timer per request would cost more than the rest of the request's bookkeeping.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from cbs.link.pending import Pending


class Deadlines:
    """Calls `expire` for every request that is still open at its deadline, exactly once."""

    def __init__(self, loop: asyncio.AbstractEventLoop, expire: Callable[[Pending], None]) -> None:
        """`expire` runs in the event loop, in order of arrival."""
        self._loop = loop
        self._expire = expire
        self._queue: deque[Pending] = deque()
        self._timer: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        """Requests watched, some of which may be answered by now."""
        return len(self._queue)

    def watch(self, pending: Pending) -> None:
        """Expire `pending` at its deadline, which is not before that of any other watched one."""
        self._queue.append(pending)
        if self._timer is None:
            self._timer = self._loop.call_at(pending.deadline, self._on_timer)

    def forget_answered(self) -> None:
        """Drop what was answered from the head of the queue, so that it does not hold memory."""
        queue = self._queue
        while queue and not queue[0].is_open:
            queue.popleft()

    def close(self) -> None:
        """Stop the timer; nothing expires any more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._queue.clear()

    def _on_timer(self) -> None:
        self._timer = None
        now = self._loop.time()
        queue = self._queue
        while queue and (not queue[0].is_open or queue[0].deadline <= now):
            pending = queue.popleft()
            if pending.is_open:
                self._expire(pending)
        if queue:
            self._timer = self._loop.call_at(queue[0].deadline, self._on_timer)

"""All lanes of one server, and the choice between them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from cbs.link.directory import CardDirectory
from cbs.link.lane import Lane
from cbs.link.pending import Pending

CUT_GRACE_S = 0.1
"""How long a call may take to notice that its connection was cut."""


class Lanes:
    """Routes requests to lanes and runs the lanes' tasks."""

    def __init__(self, lanes: Sequence[Lane], directory: CardDirectory) -> None:
        """The directory must have been made for this number of lanes."""
        self._lanes = lanes
        self._directory = directory
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def queued(self) -> int:
        """Requests that queue in all lanes."""
        return sum(len(lane) for lane in self._lanes)

    def submit(self, pending: Pending) -> bool:
        """Queue a request in the lane of its account; False when that lane is full."""
        if self._lanes[self._directory.route(pending)].submit(pending):
            return True
        self._directory.release(pending)
        return False

    def start(self) -> list[asyncio.Task[None]]:
        """Run the lanes. A task that ends before `stop` ended by a fault."""
        self._tasks = [
            asyncio.create_task(lane.run(), name=f"lane-{index}")
            for index, lane in enumerate(self._lanes)
        ]
        return self._tasks

    async def stop(self, timeout_s: float, cut: Callable[[], None] = lambda: None) -> None:
        """Let the lanes finish what they hold, but no longer than `timeout_s`; then `cut` calls."""
        for lane in self._lanes:
            lane.stop()
        if not self._tasks:
            return
        _, unfinished = await asyncio.wait(self._tasks, timeout=timeout_s)
        if unfinished:
            cut()
            _, unfinished = await asyncio.wait(unfinished, timeout=CUT_GRACE_S)
        for task in unfinished:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

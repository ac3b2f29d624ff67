"""The connecting role: hold one link to a network's address, and come back when it breaks."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable

from cbs.link.protocol import LinkProtocol
from cbs.settings import Endpoint
from cbs.telemetry import Telemetry

CONNECT_TIMEOUT_S = 5.0
RETRY_DELAY_S = 0.2
RETRY_DELAY_S_MAX = 10.0


class Connector:
    """Connects, waits for the link to end, connects again."""

    def __init__(
        self,
        address: Endpoint,
        *,
        make_link: Callable[[Callable[[], None]], LinkProtocol],
        telemetry: Telemetry,
    ) -> None:
        """`make_link` gives a fresh link that calls its argument once it is closed."""
        self._address = address
        self._make_link = make_link
        self._telemetry = telemetry
        self._ended = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin, in a task of its own."""
        self._task = asyncio.create_task(self._run(), name=f"connect {self._address}")

    async def stop(self) -> None:
        """Connect no more. A link that is open stays open."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        delay_s = RETRY_DELAY_S
        while True:
            self._ended.clear()
            link = self._make_link(self._ended.set)
            try:
                await self._open(link)
            except (OSError, TimeoutError) as error:
                reason = str(error) or "no connection in time"
            else:
                await self._ended.wait()
                reason = "link ended"
                if link.session.ever_signed_on:
                    delay_s = RETRY_DELAY_S
            # The jitter keeps the links of many hosts from coming back in step.
            wait_s = delay_s * random.uniform(0.5, 1.0)
            delay_s = min(delay_s * 2, RETRY_DELAY_S_MAX)
            self._telemetry.warning(
                "connect_failed",
                address=str(self._address),
                reason=reason,
                retry_s=round(wait_s, 2),
            )
            await asyncio.sleep(wait_s)

    async def _open(self, link: LinkProtocol) -> None:
        async with asyncio.timeout(CONNECT_TIMEOUT_S):
            await asyncio.get_running_loop().create_connection(lambda: link, *self._address)

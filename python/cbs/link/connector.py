"""The connecting role: hold one link to a network's address, and come back when it breaks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from cbs.link.protocol import LinkProtocol
from cbs.mux.backoff import Backoff
from cbs.mux.tls import ClientTls, failure_text
from cbs.settings import Endpoint
from cbs.telemetry import Telemetry

CONNECT_TIMEOUT_S = 5.0


class Connector:
    """Connects, waits for the link to end, connects again."""

    def __init__(
        self,
        address: Endpoint,
        *,
        make_link: Callable[[Callable[[], None]], LinkProtocol],
        telemetry: Telemetry,
        tls: ClientTls | None = None,
    ) -> None:
        """`make_link` gives a fresh link that calls its argument once it is closed.

        Without `tls` the link is plain.
        """
        self._address = address
        self._tls = tls
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
        backoff = Backoff()
        while True:
            self._ended.clear()
            link = self._make_link(self._ended.set)
            try:
                await self._open(link)
            except OSError as error:
                reason = failure_text(error)
            else:
                await self._ended.wait()
                reason = "link ended"
                if link.session.ever_signed_on:
                    backoff.reset()
            wait_s = backoff.next_s()
            self._telemetry.warning(
                "connect_failed",
                address=str(self._address),
                reason=reason,
                retry_s=round(wait_s, 2),
            )
            await asyncio.sleep(wait_s)

    async def _open(self, link: LinkProtocol) -> None:
        options = {} if self._tls is None else self._tls.options(self._address.host)
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(CONNECT_TIMEOUT_S):
            await loop.create_connection(lambda: link, *self._address, **options)

"""All links of one server: made, bounded, looked after, ended."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from cbs._native import Codec, Profile
from cbs.link.limits import Limits
from cbs.link.protocol import LinkProtocol, RequestDesk
from cbs.link.rules import LinkRules
from cbs.mux.session import LinkSession
from cbs.telemetry import Telemetry


class Links:
    """Makes links in both roles and keeps those that are open."""

    def __init__(
        self,
        *,
        codec: Codec,
        profile: Profile,
        rules: LinkRules,
        desk: RequestDesk,
        limits: Limits,
        telemetry: Telemetry,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        """All links share one codec, profile and desk."""
        self._codec = codec
        self._profile = profile
        self._rules = rules
        self._desk = desk
        self._limits = limits
        self._telemetry = telemetry
        self._loop = loop
        self._open: set[LinkProtocol] = set()
        self._made_count = 0
        self._is_ending = False
        self._all_gone = asyncio.Event()

    def __len__(self) -> int:
        """Links that are open."""
        return len(self._open)

    def accept(self) -> LinkProtocol:
        """A link for a peer that connected to us."""
        return self._make("in", originates=False)

    def connect(self, on_closed: Callable[[], None]) -> LinkProtocol:
        """A link for a peer that we connect to: it signs on and sends echoes."""
        return self._make("out", originates=True, on_closed=on_closed)

    def housekeeping(self) -> None:
        """Let every link do what is due by time."""
        now = self._loop.time()
        for link in list(self._open):
            link.housekeeping(now)

    async def finish(self, reason: str, timeout_s: float) -> None:
        """Answer what is in flight, sign off, close; after `timeout_s` close at once."""
        self._is_ending = True
        for link in list(self._open):
            link.finish(reason, signs_off=True)
        if not self._open:
            return
        try:
            async with asyncio.timeout(timeout_s):
                await self._all_gone.wait()
        except TimeoutError:
            self.abort(reason)

    def abort(self, reason: str) -> None:
        """Close every link at once."""
        self._is_ending = True
        for link in list(self._open):
            link.abort(reason)

    def _make(
        self, direction: str, *, originates: bool, on_closed: Callable[[], None] | None = None
    ) -> LinkProtocol:
        self._made_count += 1

        def closed(link: LinkProtocol) -> None:
            self._open.discard(link)
            if self._is_ending and not self._open:
                self._all_gone.set()
            if on_closed is not None:
                on_closed()

        return LinkProtocol(
            f"{direction} {self._made_count}",
            codec=self._codec,
            profile=self._profile,
            rules=self._rules,
            desk=self._desk,
            session=LinkSession(self._rules, originates=originates),
            limits=self._limits,
            telemetry=self._telemetry,
            loop=self._loop,
            on_open=self._admit,
            on_closed=closed,
        )

    def _admit(self, link: LinkProtocol) -> bool:
        if self._is_ending or len(self._open) >= self._limits.links_max:
            self._telemetry.warning("link_refused", link=link.name, links=len(self._open))
            return False
        self._open.add(link)
        return True

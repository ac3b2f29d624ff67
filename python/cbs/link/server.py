"""The server: lanes, links in both roles, and an end in good order."""

from __future__ import annotations

import asyncio
import gc
import signal
import socket
import ssl
from dataclasses import dataclass, field
from typing import Any

from cbs._native import Codec, Profile
from cbs.database.decision import ConnectionLostError, DecisionConnection
from cbs.errors import DatabaseError
from cbs.link.connector import Connector
from cbs.link.deadlines import Deadlines
from cbs.link.desk import AuthorizationDesk
from cbs.link.directory import CardDirectory
from cbs.link.lane import Lane
from cbs.link.lanes import Lanes
from cbs.link.limits import Limits
from cbs.link.links import Links
from cbs.link.rules import LinkRules
from cbs.mux.tls import HANDSHAKE_TIMEOUT_S, SHUTDOWN_TIMEOUT_S, ClientTls
from cbs.settings import Endpoint
from cbs.telemetry import Telemetry

DIRECTORY_PAGE_SIZE = 10_000
COUNTERS_INTERVAL_S = 60.0
LISTEN_BACKLOG = 1024
DRAIN_GRACE_S = 2.0
"""How much longer than a deadline a drain may take before links are cut."""

SIGNALS = (signal.SIGTERM, signal.SIGINT)


@dataclass(frozen=True, slots=True)
class ServerPlan:
    """What to serve, where, and against which database."""

    database_url: str = field(repr=False)
    listener: socket.socket
    """Bound, not yet listening: see `cbs.link.listener`."""
    listen: Endpoint
    """Where it is bound."""
    connect: Endpoint | None
    lane_count: int
    codec: Codec
    profile: Profile
    contract_version: int
    tls: ssl.SSLContext | None = None
    """Of the listener; without it links are plain."""
    connect_tls: ClientTls | None = None
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True)
class Started:
    """What runs, once it runs."""

    server_version: str
    """PostgreSQL's."""
    card_count: int
    """Cards whose account the lanes know."""


class Server:
    """One server in one event loop: `start`, then `wait`, then `stop`."""

    def __init__(self, plan: ServerPlan, telemetry: Telemetry) -> None:
        """To be made inside the event loop that will run it."""
        limits, self._loop = plan.limits, asyncio.get_running_loop()
        self._plan = plan
        self._rules = rules = LinkRules.from_table(plan.profile.link)
        self._telemetry = telemetry
        self._stop_reason: asyncio.Future[str] = self._loop.create_future()
        self._is_hurried = False
        self._listener: asyncio.Server | None = None
        self._connector: Connector | None = None
        self._housekeeper: asyncio.Task[None] | None = None
        self._is_started = False
        self._decisions = [
            DecisionConnection(plan.database_url, application_name=f"cbs lane {index}")
            for index in range(plan.lane_count)
        ]
        self._directory = CardDirectory(plan.lane_count, size_max=limits.directory_size_max)
        self._desk = AuthorizationDesk(plan.profile, rules, limits=limits, telemetry=telemetry)
        self._links = Links(
            codec=plan.codec,
            profile=plan.profile,
            rules=rules,
            desk=self._desk,
            limits=limits,
            telemetry=telemetry,
            loop=self._loop,
        )
        lanes = [self._make_lane(index) for index in range(plan.lane_count)]
        self._lanes = Lanes(lanes, self._directory)
        self._deadlines = Deadlines(self._loop, self._desk.expire)
        self._desk.attach(router=self._lanes, deadlines=self._deadlines)

    async def start(self) -> Started:
        """Open everything. Raises `DatabaseError` with one clear text."""
        self._loop.set_exception_handler(self._on_fault)
        await self._open_database()
        await self._load_directory()
        for task in self._lanes.start():
            task.add_done_callback(self._on_lane_ended)
        await self._listen()
        if self._plan.connect is not None:
            self._connect(self._plan.connect)
        self._housekeeper = asyncio.create_task(self._keep_house(), name="housekeeping")
        # Everything made so far lives as long as the server: the collector need not look again.
        gc.collect()
        gc.freeze()
        gc.set_threshold(50_000, 20, 50)
        self._is_started = True
        self._telemetry.event(
            "started",
            listen=str(self._plan.listen),
            connect=str(self._plan.connect or ""),
            lanes=self._plan.lane_count,
            cards=len(self._directory),
        )
        return Started(self._decisions[0].server_version, len(self._directory))

    async def wait(self) -> str:
        """Serve until a signal or a fault; the reason. A later signal hurries `stop`."""
        for number in SIGNALS:
            self._loop.add_signal_handler(number, self._on_signal, number.name)
        return await self._stop_reason

    async def stop(self, reason: str) -> None:
        """Accept and read no more, answer what is in flight, close everything."""
        if self._is_started:
            self._telemetry.event("stopping", reason=reason, queued=self._lanes.queued)
        if self._listener is not None:
            self._listener.close()
        if self._connector is not None:
            await self._connector.stop()
        timeout_s = self._rules.deadline_ms / 1000 + DRAIN_GRACE_S
        await self._links.finish("server stopping", timeout_s)
        await self._lanes.stop(0.0 if self._is_hurried else DRAIN_GRACE_S, self._cut_calls)
        self._deadlines.close()
        if self._housekeeper is not None:
            self._housekeeper.cancel()
        for connection in self._decisions:
            await connection.close()
        if self._is_started:
            self._telemetry.event("stopped", reason=reason, **self._telemetry.counters())

    async def _listen(self) -> None:
        options: dict[str, Any] = {}
        if self._plan.tls is not None:
            options = {
                "ssl": self._plan.tls,
                "ssl_handshake_timeout": HANDSHAKE_TIMEOUT_S,
                "ssl_shutdown_timeout": SHUTDOWN_TIMEOUT_S,
            }
        self._listener = await self._loop.create_server(
            self._links.accept, sock=self._plan.listener, backlog=LISTEN_BACKLOG, **options
        )

    def _make_lane(self, index: int) -> Lane:
        return Lane(
            f"lane {index}",
            decisions=self._decisions[index],
            desk=self._desk,
            directory=self._directory,
            limits=self._plan.limits,
            telemetry=self._telemetry,
            clock=self._loop.time,
        )

    async def _open_database(self) -> None:
        try:
            for connection in self._decisions:
                await connection.open()
        except ConnectionLostError as error:
            raise DatabaseError(f"the database cannot be reached: {error}") from error
        await self._decisions[0].refuse_unless_ready(self._plan.contract_version)

    async def _load_directory(self) -> None:
        after: bytes | None = None
        while len(self._directory) < self._plan.limits.directory_size_max:
            page = await self._decisions[0].card_directory(after, DIRECTORY_PAGE_SIZE)
            self._directory.load(page)
            if len(page) < DIRECTORY_PAGE_SIZE:
                return
            after = page[-1][0]

    def _connect(self, address: Endpoint) -> None:
        connector = Connector(
            address,
            make_link=self._links.connect,
            telemetry=self._telemetry,
            tls=self._plan.connect_tls,
        )
        connector.start()
        self._connector = connector

    async def _keep_house(self) -> None:
        interval_s = self._plan.limits.housekeeping_interval_s
        counters_due_at = self._loop.time() + COUNTERS_INTERVAL_S
        while True:
            await asyncio.sleep(interval_s)
            self._links.housekeeping()
            if self._loop.time() >= counters_due_at:
                counters_due_at += COUNTERS_INTERVAL_S
                self._telemetry.interval_passed()

    def _cut_calls(self) -> None:
        for connection in self._decisions:
            connection.cut()

    def _on_signal(self, name: str) -> None:
        if self._stop_reason.done():
            self._is_hurried = True
            self._links.abort("server stopping at once")
        else:
            self._stop_reason.set_result(name)

    def _on_fault(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """A fault of ours in a callback; the event loop ends the link that it happened on."""
        self._telemetry.fault("callback_failed", context.get("exception"))

    def _on_lane_ended(self, task: asyncio.Task[None]) -> None:
        """A lane that ends by itself ended by a fault: nobody would serve its accounts."""
        if self._stop_reason.done() or task.cancelled():
            return
        error = task.exception()
        self._telemetry.fault("lane_failed", error, lane=task.get_name())
        self._stop_reason.set_result("a lane failed")

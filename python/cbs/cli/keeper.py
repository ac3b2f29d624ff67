"""Keeps the embedded PostgreSQL running for as long as `cbs serve` runs."""

from __future__ import annotations

import asyncio
import time

from cbs.database.embedded import EmbeddedServer
from cbs.errors import DatabaseError
from cbs.telemetry import Telemetry

WATCH_INTERVAL_S = 0.1
ATTEMPTS_MAX = 5
PAUSE_S = 0.5
"""The first restart comes at once, each further one this much later than the one before."""
STABLE_S = 30.0
"""A server that ran for so long has recovered: its next end is no failure in a row."""


async def keep_running(server: EmbeddedServer, telemetry: Telemetry) -> None:
    """Restart `server` whenever it ends by itself. It holds the data and recovers by itself too.

    Ends only by cancellation, or by a `DatabaseError` of one line after `ATTEMPTS_MAX` failures
    in a row: restarts that failed, or that did not last for `STABLE_S`.
    """
    attempts = 0
    began_at = seen_at = time.monotonic()
    while True:
        if server.pid is not None:
            seen_at = time.monotonic()
            if seen_at - began_at >= STABLE_S:
                attempts = 0
            await asyncio.sleep(WATCH_INTERVAL_S)
            continue
        if attempts == ATTEMPTS_MAX:
            raise DatabaseError(
                f"the embedded PostgreSQL does not stay up, given up after {attempts} restarts; "
                f"its own words are in {server.log_path}"
            )
        await asyncio.sleep(PAUSE_S * attempts)
        attempts += 1
        try:
            await asyncio.to_thread(server.restart)
        except (DatabaseError, OSError):
            # Its last words may quote a statement, so they stay in its own log.
            telemetry.warning("embedded_failed", attempt=attempts)
        else:
            began_at = time.monotonic()
            outage_s = round(began_at - seen_at, 3)
            telemetry.warning("embedded_restarted", attempt=attempts, outage_s=outage_s)

"""One lane's connection to the decision procedures, with the database's errors sorted by meaning.

A lane needs to know three things about a failed call: is the outcome unknown, is it worth trying
again, or is a record to blame. Everything else about an error stays in here.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import socket
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import psycopg

from cbs._native import Request, pack_records
from cbs.database import pool, procedures
from cbs.database.procedures import Outcome
from cbs.errors import DatabaseError

CALL_TIMEOUT_S = 10.0
"""A call without an answer for this long counts as a lost connection. Longer than any
`statement_timeout`: it is for a database host that vanished without a word."""

_END_PREDECESSORS = """
SELECT pg_catalog.pg_terminate_backend(pid, 3000)
  FROM pg_catalog.pg_stat_activity
 WHERE application_name = pg_catalog.current_setting('application_name')
   AND pid <> pg_catalog.pg_backend_pid()
"""

_LOST_CLASSES = ("08", "53", "57P", "25006")
"""Connection exceptions, no resources, the server going down, a standby that took over reading."""

_RETRY_CODES = ("40001", "40P01")
"""Serialization failure, deadlock: rolled back for certain."""
_LOCKED_CODE = "55P03"
_SLOW_CODE = "57014"


class ConnectionLostError(DatabaseError):
    """The connection broke. Whether the call committed is not known."""


class CallAgainError(DatabaseError):
    """The call was rolled back for a reason that may pass."""


class RowsLockedError(CallAgainError):
    """The call was rolled back because another session holds rows of its accounts or cards."""


class TooSlowError(CallAgainError):
    """The call was rolled back because it took longer than `statement_timeout`."""


class RecordRefusedError(DatabaseError):
    """The call was rolled back because of what it carried. `reason` holds no data of the record."""

    def __init__(self, reason: str) -> None:
        """Keep the reason, which is an SQLSTATE or the name of an exception."""
        super().__init__(reason)
        self.reason = reason


def sorted_error(error: Exception, *, is_broken: bool) -> DatabaseError:
    """The meaning of a driver's error. Its text stays behind: it may quote values."""
    state = getattr(error, "sqlstate", None) or ""
    name = f"{type(error).__name__} {state}".strip()
    if state.startswith(_RETRY_CODES):
        return CallAgainError(name)
    if state == _LOCKED_CODE:
        return RowsLockedError(name)
    if state == _SLOW_CODE:
        return TooSlowError(name)
    if is_broken or state.startswith(_LOST_CLASSES) or isinstance(error, OSError):
        return ConnectionLostError(name)
    if not state and isinstance(error, psycopg.OperationalError):
        return ConnectionLostError(name)
    return RecordRefusedError(name)


class DecisionConnection:
    """A connection that one lane owns. Calls never overlap."""

    def __init__(self, url: str, *, application_name: str) -> None:
        """Connect to `url` on `open`."""
        self._url = url
        # Nobody else may have this name: by it an earlier connection of this lane is found.
        self._application_name = f"{application_name} {secrets.token_hex(8)}"
        self._connection: psycopg.AsyncConnection[Any] | None = None

    async def open(self) -> None:
        """Connect, and make sure that an earlier connection's call is over.

        A connection that broke may have left a call running in the database; until it has
        committed or ended, nobody could say what became of it. Raises `ConnectionLostError`.
        """
        await self.close()
        try:
            async with asyncio.timeout(CALL_TIMEOUT_S):
                connection = await pool.connect(self._url, application_name=self._application_name)
                self._connection = connection
                cursor = await connection.execute(_END_PREDECESSORS)
                if not all(is_over for (is_over,) in await cursor.fetchall()):
                    raise ConnectionLostError("the call of a broken connection does not end")
        except (psycopg.Error, OSError, TimeoutError, DatabaseError) as error:
            # Such a text names host and user, never a value; libpq spreads it over lines.
            raise ConnectionLostError(" ".join(str(error).split())) from error

    @property
    def server_version(self) -> str:
        """PostgreSQL's version as people write it; empty while not connected."""
        return (
            self._connection.info.parameter_status("server_version") or ""
            if self._connection is not None
            else ""
        )

    def cut(self) -> None:
        """Shut the socket, so that a call under way ends at once with a lost connection.

        Cancelling the call instead would make the driver ask the server to cancel it, over a new
        connection that it opens without the event loop: a host that vanished would stop us all.
        """
        if self._connection is None or self._connection.closed:
            return
        wire = socket.socket(fileno=os.dup(self._connection.fileno()))
        with contextlib.suppress(OSError), wire:
            wire.shutdown(socket.SHUT_RDWR)

    async def close(self) -> None:
        """Close without waiting for anything."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()

    async def authorize(self, now: datetime, requests: Sequence[Request]) -> list[Outcome]:
        """Decide a batch and commit it. Raises one of the three errors of this module."""
        outcomes: list[Outcome] = await self._call(
            procedures.authorize, now, pack_records(requests)
        )
        return outcomes

    async def void_unsent(
        self,
        now: datetime,
        networks: Sequence[str],
        card_tokens: Sequence[bytes],
        identity_keys: Sequence[bytes],
        trace_ids: Sequence[bytes],
    ) -> None:
        """Void approvals that never left. Raises one of the three errors of this module."""
        keys = networks, card_tokens, identity_keys, trace_ids
        await self._call(procedures.void_unsent, now, *keys)

    async def card_directory(self, after: bytes | None, limit: int) -> list[tuple[bytes, int]]:
        """The page of (card token, account id) that follows token `after`."""
        page = await self._call(procedures.card_directory, after, limit)
        return [(bytes(token), account_id) for token, account_id in page]

    async def refuse_unless_ready(self, contract_version: int) -> None:
        """Raise a `DatabaseError` that says what to do unless this database can serve."""
        if self._connection is None:
            raise ConnectionLostError("not connected")
        pool.refuse_old_server(self._connection.info)
        try:
            found = await self._call(procedures.contract_version)
        except DatabaseError as error:
            raise DatabaseError(
                f"the database is not migrated ({error}); "
                "run `cbs migrate`, or start with --migrate"
            ) from error
        if found != contract_version:
            raise DatabaseError(
                f"the database speaks version {found} of the decision contract and this program "
                f"version {contract_version}; run `cbs migrate` with this program, or "
                "start the program that the database was migrated with"
            )

    async def _call(self, procedure: Any, *arguments: Any) -> Any:
        connection = self._connection
        if connection is None:
            raise ConnectionLostError("not connected")
        timer = asyncio.get_running_loop().call_later(CALL_TIMEOUT_S, self.cut)
        try:
            return await procedure(connection, *arguments)
        except Exception as error:
            raise sorted_error(error, is_broken=connection.closed) from error
        finally:
            timer.cancel()

"""Connections to PostgreSQL as the hot path needs them: autocommit, prepared, one type per column.

A parameter's type must not vary with its value, or the server prepares the same statement again:
psycopg sends a Python integer as smallint, integer or bigint by its size, and a list without any
value as text. So every argument of the decision travels as a `Column`, which names its type.
"""

from __future__ import annotations

from collections.abc import Sequence
from struct import Struct
from typing import Any, ClassVar, Final

import psycopg
from psycopg import pq
from psycopg.abc import AdaptContext, Buffer
from psycopg.adapt import Dumper
from psycopg.types.numeric import Int8BinaryDumper

from cbs.errors import DatabaseError

SERVER_VERSION_MIN = 150_000
"""PostgreSQL 15, as libpq counts versions."""

ROLE_SETTINGS: Final = {
    # what is decided in halves after this must still be in time for the network
    "statement_timeout": "1500ms",
    # the rest of the batch waits too; what is locked longer is set aside by its lane
    "lock_timeout": "250ms",
    "idle_in_transaction_session_timeout": "10s",
    # five times the cost of a generic plan, for nothing: the plans do not depend on the values
    "plan_cache_mode": "force_generic_plan",
    "jit": "off",
    "timezone": "UTC",
}
"""Settings of every session of the service, given at connect so that no role has to carry them."""

VANISHED_HOST: Final[dict[str, Any]] = {
    # seconds, but for the last, which is milliseconds that sent bytes may stay unacknowledged
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 8000,
}
"""When a database host that vanished without a word counts as gone; libpq's parameters."""

_HEADER: Final = Struct("!iiIii")
_LENGTH: Final = Struct("!i")
_NULL: Final = _LENGTH.pack(-1)
_BIGINT: Final = Struct("!iq")
_TRUE: Final = _LENGTH.pack(1) + b"\x01"
_FALSE: Final = _LENGTH.pack(1) + b"\x00"


class Column:
    """One array argument: the values, and the type of its elements whatever they are."""

    __slots__ = ("values",)
    element_oid: ClassVar[int]
    array_oid: ClassVar[int]

    def __init__(self, values: Sequence[Any]) -> None:
        """Keep `values`, None where a record has none, or the whole array packed into bytes."""
        self.values = values

    def parts(self) -> list[bytes]:
        """Every element in PostgreSQL's binary array format, length in front."""
        raise NotImplementedError

    def dump(self) -> bytes:
        """The whole array in PostgreSQL's binary format."""
        if isinstance(self.values, bytes):
            return self.values
        count = len(self.values)
        header = _HEADER.pack(1 if count else 0, 1, self.element_oid, count, 1)
        return b"".join([header if count else header[:12], *self.parts()])


class TextColumn(Column):
    """text[]"""

    element_oid, array_oid = 25, 1009

    def parts(self) -> list[bytes]:
        """Elements as UTF-8; a character that no database text can hold becomes `?`."""
        return [_NULL if value is None else _text(value) for value in self.values]


class BigintColumn(Column):
    """bigint[]"""

    element_oid, array_oid = 20, 1016

    def parts(self) -> list[bytes]:
        """Elements as eight bytes each."""
        pack = _BIGINT.pack
        return [_NULL if value is None else pack(8, value) for value in self.values]


class ByteaColumn(Column):
    """bytea[]"""

    element_oid, array_oid = 17, 1001

    def parts(self) -> list[bytes]:
        """Elements as they are."""
        pack = _LENGTH.pack
        return [_NULL if value is None else pack(len(value)) + value for value in self.values]


class BooleanColumn(Column):
    """boolean[]"""

    element_oid, array_oid = 16, 1000

    def parts(self) -> list[bytes]:
        """Elements as one byte each."""
        return [_NULL if value is None else _TRUE if value else _FALSE for value in self.values]


def _text(value: str) -> bytes:
    data = value.encode("utf-8", "replace")
    if 0 in data:
        data = data.replace(b"\x00", b"?")
    return _LENGTH.pack(len(data)) + data


def _dumper(column: type[Column]) -> type[Dumper]:
    class ColumnDumper(Dumper):
        format = pq.Format.BINARY
        oid = column.array_oid

        def dump(self, obj: Column) -> Buffer:
            return obj.dump()

    return ColumnDumper


def register_adapters(context: AdaptContext) -> None:
    """Make `context` send integers as bigint, and columns as what they say they are."""
    context.adapters.register_dumper(int, Int8BinaryDumper)
    for column in (TextColumn, BigintColumn, ByteaColumn, BooleanColumn):
        context.adapters.register_dumper(column, _dumper(column))


def refuse_old_server(info: psycopg.ConnectionInfo) -> None:
    """Raise a `DatabaseError` where the server at the other end is older than what is supported."""
    if info.server_version < SERVER_VERSION_MIN:
        raise DatabaseError(
            f"the database is PostgreSQL {info.parameter_status('server_version')}; "
            f"{SERVER_VERSION_MIN // 10_000} or later is needed"
        )


async def connect(url: str, *, application_name: str) -> psycopg.AsyncConnection[Any]:
    """A connection in autocommit, with the settings of the service and the adapters above.

    Every statement is prepared at its first use. Raises `cbs.errors.DatabaseError` where the C
    implementation of the driver is missing, and psycopg's errors where the server is.
    """
    if pq.__impl__ != "c":
        raise DatabaseError("psycopg runs without its C implementation; install psycopg[c]")
    options = " ".join(f"-c {name}={value}" for name, value in ROLE_SETTINGS.items())
    connection = await psycopg.AsyncConnection.connect(
        url,
        autocommit=True,
        prepare_threshold=0,
        application_name=application_name,
        options=options,
        **VANISHED_HOST,
    )
    register_adapters(connection)
    return connection

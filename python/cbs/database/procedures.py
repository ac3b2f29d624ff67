"""The calls of the hot path: the only statements that the server sends, all of them literals."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

import psycopg
from psycopg.rows import scalar_row

from cbs.database.pool import BigintColumn, BooleanColumn, ByteaColumn, Column, TextColumn


class Outcome(NamedTuple):
    """One record's answer, as `cbs_api.authorize_v1` returns it; see there for each column."""

    ordinal: int
    operation_id: int | None
    account_id: int
    response_code: str
    authorization_code: str | None
    amount_minor: int | None
    billing_amount_minor: int | None
    billing_currency: str | None
    additional_amounts: str | None
    is_replay: bool
    reasons: list[str]


_T, _N, _B, _F = TextColumn, BigintColumn, ByteaColumn, BooleanColumn
COLUMN_TYPES: Final[tuple[type[Column], ...]] = (
    *(_T, _T, _B, _B, _T, _T, _T, _N, _T, _N, _T, _N, _T, _T, _T, _T, _T, _T, _T, _T, _T, _T, _T),
    *(_F, _F, _F, _F, _T, _T, _T, _T, _T, _T, _T, _T, _T, _N, _T, _N, _N, _T, _N, _B),
)
"""Types of `cbs.network.RECORD_COLUMNS`, in that order."""

_AUTHORIZE: Final = """
SELECT * FROM cbs_api.authorize_v1(
  %b::timestamptz,
  %b, %b, %b, %b, %b, %b, %b, %b, %b, %b, %b, %b, %b, %b, %b, %b, %b, %b, %b, %b, %b, %b, %b,
  %b, %b, %b, %b, %b, %b, %b, %b, %b, %b, %b, %b, %b, %b, %b, %b, %b, %b, %b, %b)
"""
_VOID_UNSENT: Final = "SELECT * FROM cbs_api.void_unsent_v1(%b::timestamptz, %b, %b, %b, %b)"
_CARD_DIRECTORY: Final = "SELECT * FROM cbs_api.card_directory_v1(%b::bytea, %b::bigint::integer)"
_CONTRACT_VERSION: Final = "SELECT * FROM cbs_api.contract_version_v1()"


async def authorize(
    connection: psycopg.AsyncConnection[Any],
    now: datetime,
    columns: Sequence[Sequence[Any]],
) -> list[Outcome]:
    """Decide a batch and commit it; one outcome per record, in order.

    `columns`: one sequence per name of `RECORD_COLUMNS`, all of one length, or what
    `cbs._native.pack_records` makes of a batch. `now`: aware. The
    outcomes are durable when this returns. Raises psycopg's errors; then nothing was booked, unless
    the connection broke, and then a call with the same records finds out.
    """
    arguments = [make(values) for make, values in zip(COLUMN_TYPES, columns, strict=True)]
    cursor = await connection.execute(_AUTHORIZE, (now, *arguments), binary=True)
    return [Outcome._make(row) for row in await cursor.fetchall()]


async def void_unsent(
    connection: psycopg.AsyncConnection[Any],
    now: datetime,
    networks: Sequence[str],
    card_tokens: Sequence[bytes],
    identity_keys: Sequence[bytes],
    trace_ids: Sequence[bytes | None],
) -> None:
    """Void the approvals of these requests, whose answers are known not to have left.

    An approval that another copy of a request got, of another trace id, stays; None voids whichever
    is newest. Idempotent; keys that are unknown or declined are ignored.
    """
    keys = ByteaColumn(card_tokens), ByteaColumn(identity_keys), ByteaColumn(trace_ids)
    await connection.execute(_VOID_UNSENT, (now, TextColumn(networks), *keys), binary=True)


async def card_directory(
    connection: psycopg.AsyncConnection[Any], after: bytes | None, limit: int
) -> list[tuple[bytes, int]]:
    """The page of (card token, account id) that follows the token `after`; empty at the end."""
    cursor = await connection.execute(_CARD_DIRECTORY, (after or b"", limit), binary=True)
    return [(token, account_id) for token, account_id in await cursor.fetchall()]


async def contract_version(connection: psycopg.AsyncConnection[Any]) -> int | None:
    """The version of the entry points in the database; None where nothing was stamped."""
    async with connection.cursor(row_factory=scalar_row) as cursor:
        await cursor.execute(_CONTRACT_VERSION, binary=True)
        version: int | None = await cursor.fetchone()
    return version

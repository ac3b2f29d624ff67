"""Loads the demo portfolio of `cbs.demo` into a migrated database."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Final, NamedTuple, Protocol

import psycopg

from cbs.database.refusals import one_line, rights_of
from cbs.demo import (
    DEMO_ACCOUNT_COUNT,
    DEMO_BIN,
    DEMO_CARD_COUNT,
    DemoCard,
    account_index_of,
    card_terms,
    demo_account,
    demo_card,
    demo_pan,
)
from cbs.errors import DatabaseError

__all__ = ["DemoCard", "LoadReport", "demo_card", "demo_pan", "load_demo"]

LOCK_KEY: Final = 0x0CB5_0DE3
"""Advisory lock: of two loads at once, the second waits and finds everything in place."""


class TokenMaker(Protocol):
    """What turns a card number into its token: `cbs._native.TokenKey`."""

    @property
    def key_id(self) -> int:
        """The number of the key, kept beside each token."""

    def token(self, pan: str) -> bytes:
        """The 32 bytes that stand for `pan`."""


class LoadReport(NamedTuple):
    """What a load did; zeros where the portfolio was there already."""

    account_count: int
    card_count: int


def load_demo(
    url: str,
    token_key: TokenMaker,
    progress: Callable[[str], None] | None = None,
    *,
    now: datetime.datetime | None = None,
) -> LoadReport:
    """Load the portfolio into a migrated database, all of it or nothing; twice changes nothing.

    `progress` is told each step in words. Raises `DatabaseError`.
    """
    tell = progress or (lambda _: None)
    moment = now or datetime.datetime.now(datetime.UTC)
    try:
        with (
            psycopg.connect(url) as connection,
            rights_of("cbs_operator", connection, "loading the demo portfolio"),
        ):
            connection.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK_KEY,))
            if _is_loaded(connection, token_key):
                return LoadReport(0, 0)
            tell(f"loading {DEMO_ACCOUNT_COUNT:,} accounts and {DEMO_CARD_COUNT:,} cards")
            connection.execute("SELECT cbs_api.add_issuer_bin_v1(%s)", (DEMO_BIN,))
            account_ids = _open_accounts(connection, moment)
            _issue_cards(connection, moment, token_key, account_ids)
    except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedFunction):
        raise DatabaseError(
            "the demo portfolio needs a database with our tables: cbs migrate"
        ) from None
    except psycopg.Error as error:
        raise DatabaseError(f"the demo portfolio cannot be loaded: {one_line(error)}") from error
    return LoadReport(DEMO_ACCOUNT_COUNT, DEMO_CARD_COUNT)


def _is_loaded(connection: psycopg.Connection, token_key: TokenMaker) -> bool:
    query = "SELECT EXISTS (SELECT FROM cbs.card WHERE card_token = %s)"
    row = connection.execute(query, (token_key.token(demo_pan(1)),)).fetchone()
    return bool(row and row[0])


def _open_accounts(connection: psycopg.Connection, moment: datetime.datetime) -> list[int]:
    """The ids of the accounts, in the order of their numbers in the portfolio."""
    accounts = [demo_account(index) for index in range(1, DEMO_ACCOUNT_COUNT + 1)]
    rows = connection.execute(
        """
        SELECT opened.account_id
        FROM unnest(%s::text[], %s::bigint[], %s::bigint[], %s::text[], %s::text[])
             WITH ORDINALITY
             AS wanted (currency, ledger_minor, overdraft_minor, zone, status, place)
        CROSS JOIN LATERAL cbs_api.open_account_v1(
            %s, wanted.currency, wanted.ledger_minor, wanted.overdraft_minor, wanted.zone,
            wanted.status
        ) AS opened (account_id)
        ORDER BY wanted.place
        """,
        (
            [account.currency.number for account in accounts],
            [account.ledger_minor for account in accounts],
            [account.overdraft_minor for account in accounts],
            [account.currency.zone for account in accounts],
            [account.status for account in accounts],
            moment,
        ),
    ).fetchall()
    return [account_id for (account_id,) in rows]


def _issue_cards(
    connection: psycopg.Connection,
    moment: datetime.datetime,
    token_key: TokenMaker,
    account_ids: list[int],
) -> None:
    indexes = range(1, DEMO_CARD_COUNT + 1)
    pans = [demo_pan(index) for index in indexes]
    terms = [card_terms(index) for index in indexes]
    connection.execute(
        """
        SELECT count(issued)
        FROM unnest(%s::bigint[], %s::bytea[], %s::text[], %s::text[], %s::text[],
                    %s::boolean[], %s::boolean[], %s::boolean[], %s::boolean[],
                    %s::bigint[], %s::bigint[], %s::bigint[])
             AS card (account_id, token, pan_masked, expiry, status,
                      online, contactless, atm, magstripe,
                      transaction_limit_minor, rolling_limit_minor, atm_limit_minor)
        CROSS JOIN LATERAL cbs_api.issue_card_v1(
            %s, card.account_id, card.token, %s::smallint, card.pan_masked, card.expiry,
            card.status, card.online, card.contactless, card.atm, card.magstripe,
            card.transaction_limit_minor, card.rolling_limit_minor, card.atm_limit_minor
        ) AS issued
        """,
        (
            [account_ids[account_index_of(index) - 1] for index in indexes],
            [token_key.token(pan) for pan in pans],
            [f"{pan[:6]}{'*' * (len(pan) - 10)}{pan[-4:]}" for pan in pans],
            [card.expiry for card in terms],
            [card.status for card in terms],
            [card.online for card in terms],
            [card.contactless for card in terms],
            [card.atm for card in terms],
            [card.magstripe for card in terms],
            [card.transaction_limit_minor for card in terms],
            [card.rolling_limit_minor for card in terms],
            [card.atm_limit_minor for card in terms],
            moment,
            token_key.key_id,
        ),
    )

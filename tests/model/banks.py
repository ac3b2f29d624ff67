"""One face for the model and for the SQL, so that a scenario is written once and run on both."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any, NamedTuple, Protocol

import psycopg
from psycopg.rows import namedtuple_row
from tests.model.decision import Issuer
from tests.model.portfolio import UNATTRIBUTED_ACCOUNT_ID, Account, Card, Outcome
from tests.model.records import Record

ISSUER_BIN = "400000"

_COLUMN_TYPES = {
    "identity_key": "bytea",
    "card_token": "bytea",
    "trace_id": "bytea",
    "card_present": "boolean",
    "pin_present": "boolean",
    "partial_approval": "boolean",
    "account_verification": "boolean",
}
_COLUMNS = [field.name for field in fields(Record)]


def _column_type(name: str) -> str:
    bigint = name.endswith(("_minor", "_us"))
    return _COLUMN_TYPES.get(name, "bigint" if bigint else "text")


AUTHORIZE = "SELECT * FROM cbs_api.authorize_v1(%s::timestamptz, {})".format(
    ", ".join(f"%s::{_column_type(name)}[]" for name in _COLUMNS)
)


class Balances(NamedTuple):
    """An account's money, in minor units."""

    ledger_minor: int
    held_minor: int
    available_minor: int


class Bank(Protocol):
    """What tests ask of an issuer."""

    def open_account(
        self,
        ledger_minor: int,
        now: datetime,
        *,
        currency: str = "978",
        overdraft_minor: int = 0,
        zone: str = "UTC",
    ) -> int:
        """Open an account and return its id."""

    def issue_card(self, account_id: int, card_token: bytes, now: datetime, **options: Any) -> None:
        """Issue a card; `options` are those of `tests.model.portfolio.Card`."""

    def set_card_status(self, card_token: bytes, status: str, now: datetime) -> None:
        """Freeze, block or reactivate a card."""

    def set_account_status(self, account_id: int, status: str, now: datetime) -> None:
        """Block or close an account."""

    def send(self, records: Sequence[Record], now: datetime) -> list[Outcome]:
        """Have a batch decided."""

    def void_unsent(self, records: Sequence[Record], now: datetime) -> None:
        """Report that the replies to these messages never left."""

    def balances(self, account_id: int) -> Balances:
        """What the account has."""


class ModelBank:
    """The bank as the model decides."""

    def __init__(self) -> None:
        """Start empty, with the one BIN that is ours."""
        self.issuer = Issuer()
        self.issuer.portfolio.issuer_bins.add(ISSUER_BIN)
        unattributed = Account(UNATTRIBUTED_ACCOUNT_ID, "978")
        self.issuer.portfolio.accounts[UNATTRIBUTED_ACCOUNT_ID] = unattributed

    def open_account(
        self,
        ledger_minor: int,
        now: datetime,
        *,
        currency: str = "978",
        overdraft_minor: int = 0,
        zone: str = "UTC",
        account_id: int | None = None,
    ) -> int:
        """As `Bank`; `account_id` makes it known here under the id it has elsewhere."""
        if account_id is None:
            account_id = len(self.issuer.portfolio.accounts)
        account = Account(account_id, currency, overdraft_minor, zone)
        self.issuer.open_account(account, ledger_minor, now)
        return account_id

    def issue_card(self, account_id: int, card_token: bytes, now: datetime, **options: Any) -> None:
        """As `Bank`."""
        self.issuer.issue_card(
            Card(card_token, account_id, options.pop("expiry", "3012"), **options)
        )

    def set_card_status(self, card_token: bytes, status: str, now: datetime) -> None:
        """As `Bank`."""
        self.issuer.portfolio.cards[card_token].status = status

    def set_account_status(self, account_id: int, status: str, now: datetime) -> None:
        """As `Bank`."""
        self.issuer.portfolio.accounts[account_id].status = status

    def send(self, records: Sequence[Record], now: datetime) -> list[Outcome]:
        """As `Bank`."""
        return self.issuer.authorize(list(records), now)

    def void_unsent(self, records: Sequence[Record], now: datetime) -> None:
        """As `Bank`."""
        self.issuer.void_unsent([_key(record) for record in records], now)

    def balances(self, account_id: int) -> Balances:
        """As `Bank`."""
        portfolio = self.issuer.portfolio
        return Balances(
            portfolio.ledger_minor(account_id),
            portfolio.held_minor(account_id),
            portfolio.available_minor(account_id),
        )


class SqlBank:
    """The bank as the database decides, over one connection."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        """Use `connection`, whose database is migrated; make the BIN ours."""
        self.connection = connection
        connection.execute("SELECT cbs_api.add_issuer_bin_v1(%s)", [ISSUER_BIN])

    def open_account(
        self,
        ledger_minor: int,
        now: datetime,
        *,
        currency: str = "978",
        overdraft_minor: int = 0,
        zone: str = "UTC",
    ) -> int:
        """As `Bank`."""
        row = self.connection.execute(
            "SELECT cbs_api.open_account_v1(%s, %s, %s, %s, %s)",
            [now, currency, ledger_minor, overdraft_minor, zone],
        ).fetchone()
        assert row is not None
        return int(row[0])

    def issue_card(self, account_id: int, card_token: bytes, now: datetime, **options: Any) -> None:
        """As `Bank`."""
        expiry = options.pop("expiry", "3012")
        named = "".join(f", p_{name} => %s" for name in options)
        self.connection.execute(
            f"SELECT cbs_api.issue_card_v1(%s, %s, %s, 1::smallint, %s, %s{named})",
            [now, account_id, card_token, f"{ISSUER_BIN}******0000", expiry, *options.values()],
        )

    def set_card_status(self, card_token: bytes, status: str, now: datetime) -> None:
        """As `Bank`."""
        self.connection.execute(
            "SELECT cbs_api.set_card_status_v1(%s, %s, %s)", [now, card_token, status]
        )

    def set_account_status(self, account_id: int, status: str, now: datetime) -> None:
        """As `Bank`."""
        self.connection.execute(
            "SELECT cbs_api.set_account_status_v1(%s, %s, %s)", [now, account_id, status]
        )

    def send_raw(self, records: Sequence[Record], now: datetime) -> list[Any]:
        """The rows of `cbs_api.authorize_v1` as they are."""
        columns = [[getattr(record, name) for record in records] for name in _COLUMNS]
        with self.connection.cursor(row_factory=namedtuple_row) as cursor:
            return cursor.execute(AUTHORIZE, [now, *columns]).fetchall()

    def send(self, records: Sequence[Record], now: datetime) -> list[Outcome]:
        """As `Bank`."""
        rows = self.send_raw(records, now)
        assert [row.ordinal - rows[0].ordinal for row in rows] == list(range(len(records)))
        return [_outcome(row) for row in rows]

    def void_unsent(self, records: Sequence[Record], now: datetime) -> None:
        """As `Bank`."""
        networks, tokens, keys = zip(*map(_key, records), strict=True)
        self.connection.execute(
            "SELECT cbs_api.void_unsent_v1(%s, %s::text[], %s::bytea[], %s::bytea[], %s::bytea[])",
            [now, list(networks), list(tokens), list(keys), [None] * len(records)],
        )

    def balances(self, account_id: int) -> Balances:
        """As `Bank`."""
        row = self.connection.execute(
            "SELECT ledger_minor, held_minor, available_minor FROM cbs_api.account_state_v1(%s)",
            [account_id],
        ).fetchone()
        assert row is not None
        return Balances(*row)

    def problems(self) -> list[Any]:
        """What `cbs_api.check_v1` finds wrong."""
        return self.connection.execute("SELECT * FROM cbs_api.check_v1()").fetchall()


def new_card_token() -> bytes:
    """A token no other card has, of the length that the keyed hash has."""
    return uuid.uuid4().bytes + uuid.uuid4().bytes


def _key(record: Record) -> tuple[str, bytes, bytes]:
    assert record.card_token is not None
    return record.network, record.card_token, record.identity_key


def _outcome(row: Any) -> Outcome:
    return Outcome(
        account_id=row.account_id,
        response_code=row.response_code,
        is_authorization_code_given=row.authorization_code is not None,
        amount_minor=row.amount_minor,
        billing_amount_minor=row.billing_amount_minor,
        billing_currency=row.billing_currency,
        additional_amounts=row.additional_amounts,
        is_replay=row.is_replay,
        reasons=frozenset(row.reasons or []),
    )

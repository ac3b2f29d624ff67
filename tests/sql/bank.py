"""Short ways to open accounts, issue cards and send records through plain psycopg."""

from __future__ import annotations

import hashlib
import itertools
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import psycopg
from psycopg.rows import namedtuple_row

NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)
TYPES = {
    "network": "text", "message_type": "text", "identity_key": "bytea", "card_token": "bytea",
    "pan_masked": "text", "format_error": "text", "processing_code": "text",
    "amount_minor": "bigint", "currency": "text", "billing_amount_minor": "bigint",
    "billing_currency": "text", "transmitted_at_us": "bigint", "stan": "text",
    "local_time": "text", "local_date": "text", "expiry": "text",
    "merchant_category_code": "text", "acquirer_country": "text", "acquirer_id": "text",
    "forwarder_id": "text", "pos_entry_mode": "text", "pos_condition_code": "text",
    "entry": "text", "card_present": "boolean", "pin_present": "boolean",
    "partial_approval": "boolean", "account_verification": "boolean",
    "retrieval_reference": "text", "authorization_code": "text", "advice_response_code": "text",
    "terminal_id": "text", "merchant_id": "text", "merchant_name": "text", "lifecycle_id": "text",
    "original_message_type": "text", "original_stan": "text",
    "original_transmitted_at_us": "bigint", "original_acquirer_id": "text",
    "replacement_amount_minor": "bigint", "replacement_billing_amount_minor": "bigint",
    "reason_code": "text", "received_at_us": "bigint", "trace_id": "bytea",
}  # fmt: skip
AUTHORIZE = "SELECT * FROM cbs_api.authorize_v1(%s::timestamptz, {})".format(
    ", ".join(f"%s::{sql_type}[]" for sql_type in TYPES.values())
)
_numbers = itertools.count(1)

Record = dict[str, Any]


class Money(NamedTuple):
    """Balances in minor units."""

    ledger: int
    held: int
    available: int


@dataclass(frozen=True)
class Card:
    """An issued card, or one that nobody issued."""

    token: bytes
    account_id: int = 0


def microseconds(moment: datetime) -> int:
    """Microseconds since 1970."""
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def identity_key(record: Record) -> bytes:
    """K1 as the network profile makes it: the second of DE7, then a hash of the key fields."""
    names = ("network", "card_token", "transmitted_at_us", "stan", "acquirer_id",
             "retrieval_reference")  # fmt: skip
    content = [str(record["message_type"])[:3], *(record[name] for name in names)]
    second = (record["transmitted_at_us"] or 0) // 1_000_000
    return second.to_bytes(4, "big") + hashlib.sha256(repr(content).encode()).digest()[:12]


def fresh_token() -> bytes:
    """A token that no card has."""
    return hashlib.sha256(b"card %d" % next(_numbers)).digest()


@dataclass
class Bank:
    """A database as its clients see it. `now` is the clock that each call gets."""

    connection: psycopg.Connection[Any]
    url: str
    now: datetime = NOON
    outcomes: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Declare the BIN that is ours."""
        self.connection.execute("SELECT cbs_api.add_issuer_bin_v1('400000')")

    def wait(self, time: timedelta) -> None:
        """Let time pass."""
        self.now += time

    def open_account(self, ledger_minor: int = 0, **options: Any) -> int:
        """Open an account; in EUR, without overdraft, unless said otherwise."""
        terms = {"currency": "978", "overdraft_minor": 0, "zone": "UTC"} | options
        row = self.connection.execute(
            "SELECT cbs_api.open_account_v1(%s, %s, %s, %s, %s)",
            (self.now, terms["currency"], ledger_minor, terms["overdraft_minor"], terms["zone"]),
        ).fetchone()
        assert row is not None
        return int(row[0])

    def issue_card(self, account_id: int, **options: Any) -> Card:
        """Issue a card with the limits of the acceptance scenarios, unless said otherwise."""
        terms = {"p_rolling_limit_minor": 500_000, "p_atm_limit_minor": 50_000} | {
            f"p_{name}": value for name, value in options.items() if name != "expiry"
        }
        names = "".join(f", {name} => %s" for name in terms)
        token = fresh_token()
        self.connection.execute(
            "SELECT cbs_api.issue_card_v1(%s, %s, %s, 1::smallint, '400000******0001', %s"
            f"{names})".encode(),
            (self.now, account_id, token, options.get("expiry", "3012"), *terms.values()),
        )
        return Card(token, account_id)

    def set_card_status(self, card: Card, status: str) -> None:
        """Freeze, block or activate a card."""
        self.connection.execute(
            "SELECT cbs_api.set_card_status_v1(%s, %s, %s)", (self.now, card.token, status)
        )

    def set_account_status(self, card: Card, status: str) -> None:
        """Block or close the account of a card."""
        self.connection.execute(
            "SELECT cbs_api.set_account_status_v1(%s, %s, %s)", (self.now, card.account_id, status)
        )

    def record(self, card: Card, message_type: str = "0100", **given: Any) -> Record:
        """A record sent now: a chip and PIN purchase of 10.00 in EUR, unless said otherwise."""
        number = next(_numbers)
        values: Record = dict.fromkeys(TYPES) | {
            "network": "visa_like", "message_type": message_type, "card_token": card.token,
            "pan_masked": "400000******0001", "processing_code": "000000", "amount_minor": 1000,
            "currency": "978", "stan": f"{number % 1_000_000:06}", "acquirer_id": "12345",
            "transmitted_at_us": microseconds(self.now.replace(microsecond=0)),
            "local_time": "120000", "local_date": "0615", "entry": "chip", "card_present": True,
            "pin_present": True, "partial_approval": False, "account_verification": False,
            "retrieval_reference": f"R{number:011}", "received_at_us": microseconds(self.now),
            "trace_id": number.to_bytes(16, "big"),
        }  # fmt: skip
        values |= given
        if "identity_key" not in given:
            values["identity_key"] = identity_key(values)
        return values

    def reversal(self, original: Record, message_type: str = "0420", **given: Any) -> Record:
        """A reversal that names its original by DE90 alone."""
        named = {
            "original_message_type": original["message_type"],
            "original_stan": original["stan"],
            "original_transmitted_at_us": original["transmitted_at_us"],
            "original_acquirer_id": original["acquirer_id"],
            "amount_minor": original["amount_minor"],
            "currency": original["currency"],
            "processing_code": original["processing_code"],
        }
        return self.record(Card(original["card_token"]), message_type, **(named | given))

    def advice(self, original: Record, message_type: str = "0120", **given: Any) -> Record:
        """A stand-in advice or completion with the key fields of its request."""
        same = ("stan", "transmitted_at_us", "acquirer_id", "retrieval_reference", "lifecycle_id",
                "processing_code", "currency", "amount_minor")  # fmt: skip
        named = {name: original[name] for name in same} | {"advice_response_code": "00"}
        return self.record(Card(original["card_token"]), message_type, **(named | given))

    def send(self, *records: Record) -> list[Any]:
        """Decide the records in one call; one outcome each."""
        columns = [[record[name] for record in records] for name in TYPES]
        with self.connection.cursor(row_factory=namedtuple_row) as cursor:
            self.outcomes = cursor.execute(AUTHORIZE, (self.now, *columns)).fetchall()
        assert [outcome.ordinal for outcome in self.outcomes] == list(range(1, len(records) + 1))
        return self.outcomes

    def code(self, record: Record) -> str:
        """The response code to one record."""
        return str(self.send(record)[0].response_code)

    def pay(self, card: Card, amount_minor: int, **given: Any) -> str:
        """The response code to a purchase."""
        return self.code(self.record(card, amount_minor=amount_minor, **given))

    def reasons(self, record: Record) -> list[str]:
        """Every reason that one record is declined for."""
        return list(self.send(record)[0].reasons)

    def void(self, *records: Record, is_copy_known: bool = True) -> None:
        """Report that the answers to these very messages, or to some copy, never left."""
        names = ("network", "card_token", "identity_key")
        columns = [[record[name] for record in records] for name in names]
        columns.append([record["trace_id"] if is_copy_known else None for record in records])
        self.connection.execute(
            "SELECT cbs_api.void_unsent_v1(%s, %s::text[], %s::bytea[], %s::bytea[], %s::bytea[])",
            (self.now, *columns),
        )

    def money(self, card: Card) -> Money:
        """Ledger, held and available of the account of a card."""
        row = self.connection.execute(
            "SELECT ledger_minor, held_minor, available_minor FROM cbs_api.account_state_v1(%s)",
            (card.account_id,),
        ).fetchone()
        assert row is not None
        return Money(*row)

    def operations(self, card: Card) -> list[Any]:
        """The operations of a card, oldest first."""
        with self.connection.cursor(row_factory=namedtuple_row) as cursor:
            return cursor.execute(
                "SELECT * FROM cbs.operation WHERE card_token = %s ORDER BY operation_id",
                (card.token,),
            ).fetchall()

    def exceptions(self, card: Card) -> list[str]:
        """The exceptions of the newest operation of a card."""
        return list(self.operations(card)[-1].exceptions)

    def problems(self) -> list[Any]:
        """What does not agree between balances, counters and operations."""
        return self.connection.execute("SELECT * FROM cbs_api.check_v1()").fetchall()

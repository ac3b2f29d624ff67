"""Accounts, cards and the operation log of the model; balances are always summed afresh."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import Enum
from zoneinfo import ZoneInfo

from tests.model.records import Record

WINDOW = timedelta(days=30)
UNATTRIBUTED_ACCOUNT_ID = 0
PURCHASE_PREFIXES = {"00", "09", "10", "11"}
CASH_PREFIXES = {"01", "17"}
REFUND_PREFIXES = {"20"}
CREDIT_PREFIXES = {"26", "28"}
INQUIRY_PREFIXES = {"30", "31"}


class Kind(Enum):
    """What a transaction is for, told by the first two digits of DE3."""

    PURCHASE = "purchase"
    CASH = "cash"
    REFUND = "refund"
    CREDIT = "credit"
    INQUIRY = "inquiry"
    VERIFICATION = "verification"
    UNSUPPORTED = "unsupported"

    @property
    def is_debit(self) -> bool:
        """Whether it takes money from the account."""
        return self in {Kind.PURCHASE, Kind.CASH}

    @property
    def is_credit(self) -> bool:
        """Whether it brings money to the account."""
        return self in {Kind.REFUND, Kind.CREDIT}

    @property
    def direction(self) -> str:
        """Which way money goes; a chain has one direction."""
        return "debit" if self.is_debit else "credit" if self.is_credit else "none"


class State(Enum):
    """What became of a chain."""

    PENDING = "pending"
    CLEARED = "cleared"
    REVERSED = "reversed"
    VOIDED = "voided"
    DECLINED = "declined"
    RECORDED = "recorded"


@dataclass(slots=True)
class Account:
    """A balance and what it may go down to."""

    account_id: int
    currency: str
    overdraft_minor: int = 0
    zone: str = "UTC"
    status: str = "active"


@dataclass(slots=True)
class Card:
    """A card and what its holder allows."""

    card_token: bytes
    account_id: int
    expiry: str
    status: str = "active"
    online: bool = True
    contactless: bool = True
    atm: bool = True
    magstripe: bool = True
    transaction_limit_minor: int | None = None
    rolling_limit_minor: int | None = None
    atm_limit_minor: int | None = None

    def is_expired(self, now: datetime, zone: str) -> bool:
        """Whether the last moment of the card's month has passed where the account lives."""
        year, month = 2000 + int(self.expiry[:2]), int(self.expiry[2:])
        following = (year + month // 12, month % 12 + 1)
        return now >= datetime(*following, 1, tzinfo=ZoneInfo(zone)).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a message is answered; columns as `cbs_api.authorize_v1` returns them."""

    account_id: int
    response_code: str
    is_authorization_code_given: bool = False
    amount_minor: int | None = None
    billing_amount_minor: int | None = None
    billing_currency: str | None = None
    additional_amounts: str | None = None
    is_replay: bool = False
    reasons: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Operation:
    """One line of the log. `state`: what it turned its chain into; None leaves that as it is."""

    number: int
    account_id: int
    card_token: bytes | None
    record: Record | None
    now: datetime
    outcome: Outcome | None
    chain: int
    state: State | None = None
    hold_delta_minor: int = 0
    ledger_delta_minor: int = 0
    billing_minor: int | None = None
    voided_number: int | None = None
    is_unmatched_reversal: bool = False
    is_orphan: bool = False


@dataclass(slots=True)
class Portfolio:
    """Everything there is. Sums go over the whole log each time: slow, and plainly right."""

    accounts: dict[int, Account] = field(default_factory=dict)
    cards: dict[bytes, Card] = field(default_factory=dict)
    issuer_bins: set[str] = field(default_factory=set)
    log: list[Operation] = field(default_factory=list)

    def ledger_minor(self, account_id: int) -> int:
        """The posted balance."""
        return sum(op.ledger_delta_minor for op in self.log if op.account_id == account_id)

    def held_minor(self, account_id: int) -> int:
        """The sum of the open holds."""
        return sum(op.hold_delta_minor for op in self.log if op.account_id == account_id)

    def available_minor(self, account_id: int) -> int:
        """What may still be spent."""
        overdraft_minor = self.accounts[account_id].overdraft_minor
        return self.ledger_minor(account_id) - self.held_minor(account_id) + overdraft_minor

    def chain(self, number: int) -> list[Operation]:
        """The operations of one chain, oldest first."""
        return [op for op in self.log if op.chain == number]

    def hold_minor(self, chain: int) -> int:
        """What the chain holds."""
        return sum(op.hold_delta_minor for op in self.chain(chain))

    def posted_minor(self, chain: int) -> int:
        """What the chain has taken from the ledger; negative where it brought money."""
        return -sum(op.ledger_delta_minor for op in self.chain(chain))

    def kind(self, chain: int) -> Kind:
        """The kind of the chain's root."""
        record = self.log[chain].record
        assert record is not None
        return kind_of(record)

    def state(self, chain: int) -> State:
        """What became of the chain."""
        return [op.state for op in self.chain(chain) if op.state is not None][-1]

    def consumption_minor(self, card_token: bytes, now: datetime, kinds: set[Kind]) -> int:
        """What the card's chains of these kinds, begun in the last 30 x 24 hours, took."""
        roots = [
            op
            for op in self.log
            if op.chain == op.number
            and op.record is not None
            and op.card_token == card_token
            and kind_of(op.record) in kinds
            and op.now > now - WINDOW
        ]
        return sum(self.hold_minor(op.number) + self.posted_minor(op.number) for op in roots)


def kind_of(record: Record) -> Kind:
    """The kind of transaction a record is about."""
    prefix = (record.processing_code or "")[:2]
    is_marked = record.account_verification and record.amount_minor == 0
    if is_marked and prefix in PURCHASE_PREFIXES | CASH_PREFIXES:
        return Kind.VERIFICATION
    for kind, prefixes in [
        (Kind.PURCHASE, PURCHASE_PREFIXES),
        (Kind.CASH, CASH_PREFIXES),
        (Kind.REFUND, REFUND_PREFIXES),
        (Kind.CREDIT, CREDIT_PREFIXES),
        (Kind.INQUIRY, INQUIRY_PREFIXES),
    ]:
        if prefix in prefixes:
            return kind
    return Kind.UNSUPPORTED

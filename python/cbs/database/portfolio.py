"""The demo portfolio: 1,000 accounts and 2,000 cards with test numbers, the same on every machine.

Card i belongs to account (i - 1) // 2 + 1. Cards 1 to 1800 are active and have money; each of the
last two hundred has something about it. Card 1 is the one for first steps.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from functools import lru_cache
from typing import Final, NamedTuple, Protocol

import psycopg

from cbs.errors import DatabaseError

DEMO_ACCOUNT_COUNT: Final = 1_000
DEMO_CARD_COUNT: Final = 2_000
AMPLE_ACCOUNT_COUNT: Final = 900
DEMO_BIN: Final = "400000"
DEMO_EXPIRY: Final = "3112"
PAST_EXPIRY: Final = "2412"
LOCK_KEY: Final = 0x0CB5_0DE3
"""Advisory lock: of two loads at once, the second waits and finds everything in place."""


class TokenMaker(Protocol):
    """What turns a card number into its token: `cbs._native.TokenKey`."""

    @property
    def key_id(self) -> int:
        """The number of the key, kept beside each token."""

    def token(self, pan: str) -> bytes:
        """The 32 bytes that stand for `pan`."""


class Currency(NamedTuple):
    """A currency of the portfolio."""

    number: str
    """ISO 4217, three digits."""
    major_minor: int
    """Minor units in one major unit."""
    zone: str
    """The time zone of the accounts that hold it."""


EUR: Final = Currency("978", 100, "Europe/Berlin")
GBP: Final = Currency("826", 100, "Europe/London")
USD: Final = Currency("840", 100, "America/New_York")
JPY: Final = Currency("392", 1, "Asia/Tokyo")
KWD: Final = Currency("414", 1000, "Asia/Kuwait")


class DemoCard(NamedTuple):
    """One card of the portfolio. The PAN is a test number: no issuer ever gave it out."""

    pan: str
    expiry: str
    """YYMM."""
    currency: str
    """ISO 4217, three digits."""
    status: str
    note: str
    """What is particular about it, for people."""

    def __repr__(self) -> str:
        """Without the number, which no log may show."""
        return f"DemoCard({self.currency}, {self.status}, {self.note!r})"


class _Account(NamedTuple):
    currency: Currency
    ledger_minor: int
    overdraft_minor: int = 0
    status: str = "active"


class _Terms(NamedTuple):
    """What a card may do: the arguments of `issue_card_v1` that differ between cards."""

    note: str = "has money"
    status: str = "active"
    expiry: str = DEMO_EXPIRY
    online: bool = True
    contactless: bool = True
    atm: bool = True
    magstripe: bool = True
    transaction_limit_minor: int | None = None
    rolling_limit_minor: int | None = None
    atm_limit_minor: int | None = None


class LoadReport(NamedTuple):
    """What a load did; zeros where the portfolio was there already."""

    account_count: int
    card_count: int


def demo_pan(index: int) -> str:
    """The test number with this index: the demo BIN, nine digits, the Luhn check digit."""
    body = f"{DEMO_BIN}{index:09d}"
    if not 1 <= index <= 999_999_999:
        raise ValueError("the index of a test number is from 1 to 999999999")
    doubled = (int(digit) * (2 - place % 2) for place, digit in enumerate(reversed(body)))
    return body + str(-sum(value - 9 * (value > 9) for value in doubled) % 10)


@lru_cache(maxsize=DEMO_CARD_COUNT)
def demo_card(index: int) -> DemoCard:
    """Card `index`, from 1 to `DEMO_CARD_COUNT`."""
    if not 1 <= index <= DEMO_CARD_COUNT:
        raise ValueError(f"demo cards are numbered from 1 to {DEMO_CARD_COUNT}")
    terms = _terms(index)
    currency = _account(_account_index(index)).currency
    return DemoCard(demo_pan(index), terms.expiry, currency.number, terms.status, terms.note)


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
        with psycopg.connect(url) as connection:
            connection.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK_KEY,))
            if _is_loaded(connection, token_key):
                return LoadReport(0, 0)
            tell(f"loading {DEMO_ACCOUNT_COUNT:,} accounts and {DEMO_CARD_COUNT:,} cards")
            connection.execute("SELECT cbs_api.add_issuer_bin_v1(%s)", (DEMO_BIN,))
            account_ids = _open_accounts(connection, moment)
            _issue_cards(connection, moment, token_key, account_ids)
    except psycopg.Error as error:
        raise DatabaseError(f"the demo portfolio cannot be loaded: {error}") from error
    return LoadReport(DEMO_ACCOUNT_COUNT, DEMO_CARD_COUNT)


def _is_loaded(connection: psycopg.Connection, token_key: TokenMaker) -> bool:
    query = "SELECT EXISTS (SELECT FROM cbs.card WHERE card_token = %s)"
    row = connection.execute(query, (token_key.token(demo_pan(1)),)).fetchone()
    return bool(row and row[0])


def _open_accounts(connection: psycopg.Connection, moment: datetime.datetime) -> list[int]:
    """The ids of the accounts, in the order of their numbers in the portfolio."""
    accounts = [_account(index) for index in range(1, DEMO_ACCOUNT_COUNT + 1)]
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
    terms = [_terms(index) for index in indexes]
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
            [account_ids[_account_index(index) - 1] for index in indexes],
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


def _account_index(card_index: int) -> int:
    return (card_index - 1) // 2 + 1


def _account_currency(index: int) -> Currency:
    """Euro mostly; every tenth account each in pounds and dollars, every fiftieth in yen, dinars.

    Special accounts, whose kind is their last digit, spread over the currencies by their tens.
    """
    if index > AMPLE_ACCOUNT_COUNT:
        return {1: GBP, 3: USD, 5: JPY, 7: KWD}.get((index - 1) // 10 % 10, EUR)
    if index % 50 in (7, 9):
        return JPY if index % 50 == 7 else KWD
    return {3: GBP, 6: USD}.get(index % 10, EUR)


def _account(index: int) -> _Account:
    """Account `index`, from 1 to `DEMO_ACCOUNT_COUNT`."""
    currency = _account_currency(index)
    if index == 1:
        return _Account(currency, 1_000 * currency.major_minor)
    if index > AMPLE_ACCOUNT_COUNT and index % 10 == 5:
        return _Account(currency, 5 * currency.major_minor)
    if index > AMPLE_ACCOUNT_COUNT and index % 10 == 6:
        return _Account(currency, 0, overdraft_minor=100 * currency.major_minor)
    blocked = index > AMPLE_ACCOUNT_COUNT and index % 10 == 7
    return _Account(
        currency, 250_000 * currency.major_minor, status="blocked" if blocked else "active"
    )


def _terms(card_index: int) -> _Terms:
    if card_index == 1:
        return _Terms(
            "for first steps: 1,000.00 in the account, 5,000.00 in 30 days, 500.00 in cash",
            rolling_limit_minor=500_000,
            atm_limit_minor=50_000,
        )
    account_index = _account_index(card_index)
    if account_index <= AMPLE_ACCOUNT_COUNT:
        return _Terms()
    return _special_terms(
        account_index % 10,
        is_first=card_index % 2 == 1,
        major_minor=_account_currency(account_index).major_minor,
    )


def _special_terms(kind: int, *, is_first: bool, major_minor: int) -> _Terms:
    """The terms of the first or second card of a special account, by the account's last digit."""
    terms = {
        1: (_Terms("frozen by its holder", "frozen"),) * 2,
        2: (_Terms("expired", expiry=PAST_EXPIRY),) * 2,
        3: (_Terms("lost", "lost"), _Terms("stolen", "stolen")),
        4: (_Terms("not activated yet", "not_activated"),) * 2,
        5: (_Terms("account near zero: 5 units left"),) * 2,
        6: (_Terms("account lives on its overdraft of 100 units"),) * 2,
        7: (_Terms("account blocked"),) * 2,
        8: (
            _Terms("limit of 20 units in 30 days", rolling_limit_minor=20 * major_minor),
            _Terms("cash limit of 10 units in 30 days", atm_limit_minor=10 * major_minor),
        ),
        9: (
            _Terms("limit of 50 units a purchase", transaction_limit_minor=50 * major_minor),
            _Terms("no online purchases, no contactless", online=False, contactless=False),
        ),
        0: (
            _Terms("blocked for fraud", "fraud_blocked"),
            _Terms("cancelled", "cancelled"),
        ),
    }
    return terms[kind][0 if is_first else 1]

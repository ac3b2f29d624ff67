"""The demo portfolio as data: 1,000 accounts and 2,000 cards, the same on every machine.

Card i belongs to account (i - 1) // 2 + 1. Cards 1 to 1800 are active and have money; each of the
last two hundred has something about it. Card 1 is the one for first steps. Nothing here needs a
database: `cbs.database.portfolio` loads it into one, simulators and load tests only read it.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final, NamedTuple

from cbs.luhn import check_digit

DEMO_ACCOUNT_COUNT: Final = 1_000
DEMO_CARD_COUNT: Final = 2_000
AMPLE_ACCOUNT_COUNT: Final = 900
DEMO_BIN: Final = "400000"
DEMO_EXPIRY: Final = "3112"
PAST_EXPIRY: Final = "2412"


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


class DemoAccount(NamedTuple):
    """One account: its opening balance is in minor units of its currency."""

    currency: Currency
    ledger_minor: int
    overdraft_minor: int = 0
    status: str = "active"


class CardTerms(NamedTuple):
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


def demo_pan(index: int) -> str:
    """The test number with this index: the demo BIN, nine digits, the Luhn check digit."""
    body = f"{DEMO_BIN}{index:09d}"
    if not 1 <= index <= 999_999_999:
        raise ValueError("the index of a test number is from 1 to 999999999")
    return body + check_digit(body)


@lru_cache(maxsize=DEMO_CARD_COUNT)
def demo_card(index: int) -> DemoCard:
    """Card `index`, from 1 to `DEMO_CARD_COUNT`."""
    if not 1 <= index <= DEMO_CARD_COUNT:
        raise ValueError(f"demo cards are numbered from 1 to {DEMO_CARD_COUNT}")
    terms = card_terms(index)
    currency = demo_account(account_index_of(index)).currency
    return DemoCard(demo_pan(index), terms.expiry, currency.number, terms.status, terms.note)


def account_index_of(card_index: int) -> int:
    """The number of the account that card `card_index` belongs to."""
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


def demo_account(index: int) -> DemoAccount:
    """Account `index`, from 1 to `DEMO_ACCOUNT_COUNT`."""
    currency = _account_currency(index)
    if index == 1:
        return DemoAccount(currency, 1_000 * currency.major_minor)
    if index > AMPLE_ACCOUNT_COUNT and index % 10 == 5:
        return DemoAccount(currency, 5 * currency.major_minor)
    if index > AMPLE_ACCOUNT_COUNT and index % 10 == 6:
        return DemoAccount(currency, 0, overdraft_minor=100 * currency.major_minor)
    blocked = index > AMPLE_ACCOUNT_COUNT and index % 10 == 7
    return DemoAccount(
        currency, 250_000 * currency.major_minor, status="blocked" if blocked else "active"
    )


def card_terms(card_index: int) -> CardTerms:
    """The terms of card `card_index`, from 1 to `DEMO_CARD_COUNT`."""
    if card_index == 1:
        return CardTerms(
            "for first steps: 1,000.00 in the account, 5,000.00 in 30 days, 500.00 in cash",
            rolling_limit_minor=500_000,
            atm_limit_minor=50_000,
        )
    account_index = account_index_of(card_index)
    if account_index <= AMPLE_ACCOUNT_COUNT:
        return CardTerms()
    return _special_terms(
        account_index % 10,
        is_first=card_index % 2 == 1,
        major_minor=_account_currency(account_index).major_minor,
    )


def _special_terms(kind: int, *, is_first: bool, major_minor: int) -> CardTerms:
    """The terms of the first or second card of a special account, by the account's last digit."""
    terms = {
        1: (CardTerms("frozen by its holder", "frozen"),) * 2,
        2: (CardTerms("expired", expiry=PAST_EXPIRY),) * 2,
        3: (CardTerms("lost", "lost"), CardTerms("stolen", "stolen")),
        4: (CardTerms("not activated yet", "not_activated"),) * 2,
        5: (CardTerms("account near zero: 5 units left"),) * 2,
        6: (CardTerms("account lives on its overdraft of 100 units"),) * 2,
        7: (CardTerms("account blocked"),) * 2,
        8: (
            CardTerms("limit of 20 units in 30 days", rolling_limit_minor=20 * major_minor),
            CardTerms("cash limit of 10 units in 30 days", atm_limit_minor=10 * major_minor),
        ),
        9: (
            CardTerms("limit of 50 units a purchase", transaction_limit_minor=50 * major_minor),
            CardTerms("no online purchases, no contactless", online=False, contactless=False),
        ),
        0: (
            CardTerms("blocked for fraud", "fraud_blocked"),
            CardTerms("cancelled", "cancelled"),
        ),
    }
    return terms[kind][0 if is_first else 1]

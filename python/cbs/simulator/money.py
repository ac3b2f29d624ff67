"""Amounts as people write them, and as data element 4 carries them.

Currencies are ISO 4217; the exponent says how many decimals the minor unit has and is never
assumed to be two.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Final, NamedTuple

from cbs.errors import CbsError

AMOUNT_MINOR_MAX: Final = 999_999_999_999
"""The largest amount that twelve digits hold."""


class Currency(NamedTuple):
    """One ISO 4217 currency: three letters, three digits, decimals of its minor unit."""

    code: str
    number: str
    exponent: int


CURRENCIES: Final = (
    Currency("EUR", "978", 2),
    Currency("USD", "840", 2),
    Currency("GBP", "826", 2),
    Currency("CHF", "756", 2),
    Currency("SEK", "752", 2),
    Currency("NOK", "578", 2),
    Currency("DKK", "208", 2),
    Currency("PLN", "985", 2),
    Currency("CZK", "203", 2),
    Currency("HUF", "348", 2),
    Currency("CAD", "124", 2),
    Currency("AUD", "036", 2),
    Currency("JPY", "392", 0),
    Currency("KRW", "410", 0),
    Currency("CLP", "152", 0),
    Currency("VND", "704", 0),
    Currency("ISK", "352", 0),
    Currency("KWD", "414", 3),
    Currency("BHD", "048", 3),
    Currency("OMR", "512", 3),
    Currency("JOD", "400", 3),
    Currency("TND", "788", 3),
)

_BY_NAME: Final = {name: entry for entry in CURRENCIES for name in (entry.code, entry.number)}


class AmountError(CbsError):
    """An amount or a currency cannot be used; the text says what would do."""


def currency_named(name: str) -> Currency:
    """The currency with these letters or digits ("EUR", "978"). Raises `AmountError`."""
    found = _BY_NAME.get(name.strip().upper())
    if found is None:
        known = ", ".join(entry.code for entry in CURRENCIES)
        raise AmountError(f"unknown currency {name!r}; known are {known}")
    return found


def parse_amount(text: str, currency: str) -> int:
    """Minor units of an amount in major units: "42.50" EUR is 4250, "42" JPY is 42.

    Raises `AmountError` for more decimals than the currency has, and for what no wire can carry.
    """
    entry = currency_named(currency)
    try:
        scaled = Decimal(text).scaleb(entry.exponent)
    except InvalidOperation as error:
        raise AmountError(f"{text!r} is no amount; write it like 42.50") from error
    if not scaled.is_finite():
        raise AmountError(f"{text!r} is no amount; write it like 42.50")
    if scaled < 0:
        raise AmountError(f"{text!r} is below zero; an amount carries no sign")
    if scaled != scaled.to_integral_value():
        raise AmountError(f"{text!r}: {entry.code} has {entry.exponent} decimals")
    if scaled > AMOUNT_MINOR_MAX:
        raise AmountError(f"{text!r} does not fit the twelve digits of an amount")
    return int(scaled)


def format_amount(amount_minor: int, currency: str) -> str:
    """ "EUR 42.50" of 4250 and "978"; an unknown currency shows its minor units as they are."""
    entry = _BY_NAME.get(currency)
    if entry is None:
        return f"{amount_minor} minor units of {currency}"
    text = f"{Decimal(amount_minor).scaleb(-entry.exponent):,.{entry.exponent}f}"
    return f"{entry.code} {text}"

"""What speaks for and against a reading of bytes, weighed in bits.

A weight is about the binary logarithm of how much more often a true reading has this than a wrong
one; weights are capped where a few odd messages would otherwise decide everything.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from cbs.codec import Message
from cbs.currencies import exponent_of
from cbs.doctor import codes
from cbs.luhn import passes_luhn


class Evidence(NamedTuple):
    """One reason. `weight` is above zero if it speaks for the reading."""

    weight: float
    text: str
    offset: int | None = None
    """Where in the dump it was seen; counted from its first byte."""


class _Check(NamedTuple):
    holds: Callable[[str], bool]
    good: float
    bad: float
    is_good: str
    is_bad: str


MESSAGE_TYPE = re.compile(r"[0-289][1-8][0-9][0-5]")
"""Version, class, function and origin that some edition defines."""

_VERSION = {"0": "1987", "1": "1993", "2": "2003", "8": "national", "9": "private"}


def check_fields(message: Message, base: int) -> Iterator[Evidence]:
    """The values of `message` that should follow a rule, and whether they do.

    `base`: where its body begins in the dump.
    """
    for number in message:
        check = _check_of(number, message)
        if check is not None:
            value = message.reveal(number)
            span = message.span(number)
            offset = base + span[0] if span else None
            if check.holds(value):
                yield Evidence(check.good, f"DE{number} {check.is_good}", offset)
            else:
                yield Evidence(check.bad, f"DE{number} {check.is_bad}", offset)
    if "55" in message:
        yield _chip_data(message, base)


def check_presence(message: Message) -> Iterator[Evidence]:
    """Elements that a message of this type should have, or should not."""
    mti, is_reply = message.mti, message.mti[2] in "13"
    fields = set(message)
    if mti[1] == "8":
        wanted = {"70", "24", "48", "53", "96"} & fields
        yield Evidence(1.5 if wanted else -1, "a network message " + _has(wanted, "code"))
    elif mti[1] in "124" and not is_reply:
        missing = [number for number in ("3", "4", "11") if number not in fields]
        if not {"2", "34", "35", "45", "102"} & fields:
            missing.insert(0, "2 or 35")
        if missing:
            listing = ", ".join(f"DE{number}" for number in missing)
            yield Evidence(-1.5 * len(missing), f"a request of type {mti} without {listing}")
        else:
            yield Evidence(3, f"a request of type {mti} with card, type, amount and trace")
    if is_reply and mti[1] != "8":
        if "39" in fields:
            yield Evidence(3, f"a reply of type {mti} with a response code in DE39")
        else:
            yield Evidence(-3, f"a reply of type {mti} without a response code in DE39")
    elif "39" in fields and mti[2] == "0" and mti[1] in "12":
        yield Evidence(-2, f"a request of type {mti} with a response code in DE39")
    if "11" not in fields:
        yield Evidence(-2, "no trace number in DE11")


def edition(mti: str) -> str:
    """The edition of the standard that a message type's first digit names."""
    return _VERSION.get(mti[:1], "unknown")


def _has(wanted: set[str], what: str) -> str:
    if not wanted:
        return f"without a {what}"
    return f"with its {what} in DE{min(wanted, key=int)}"


def _chip_data(message: Message, base: int) -> Evidence:
    tags = {path.rsplit(".", 1)[1] for path in message.paths() if path.startswith("55.")}
    known = tags & codes.CHIP_TAGS
    span = message.span("55")
    offset = base + span[0] if span else None
    if len(known) >= 2:
        return Evidence(8, f"DE55 is chip data with {len(known)} known tags", offset)
    if known:
        return Evidence(3, "DE55 is BER-TLV with a known tag", offset)
    return Evidence(-1, "DE55 has no tag of chip data", offset)


def _check_of(number: str, message: Message) -> _Check | None:
    check = _CHECKS.get(number)
    if check is not None:
        return check
    return _EDITIONS.get(message.mti[:1], {}).get(number)


def _is_month_day(text: str) -> bool:
    return "01" <= text[:2] <= "12" and "01" <= text[2:4] <= "31"


def _is_time(text: str) -> bool:
    return text[:2] < "24" and text[2:4] < "60" and text[4:6] < "60"


def _is_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _is_date(text: str) -> bool:
    """MMDD, YYMMDD or CCYYMMDD."""
    return _is_digits(text) and _is_month_day(text[-4:])


def _is_moment(text: str) -> bool:
    """A date, however long, with a time behind it; or the time alone."""
    if not _is_digits(text) or not _is_time(text[-6:]):
        return False
    return len(text) == 6 or _is_month_day(text[-10:-6])


def _is_expiry(text: str) -> bool:
    """YYMM; zeros say that there is none."""
    return _is_digits(text) and (text == "0000" or "01" <= text[2:4] <= "12")


def _is_pan(text: str) -> bool:
    return _is_digits(text) and 12 <= len(text) <= 19 and passes_luhn(text)


def _is_amount(text: str) -> bool:
    return _is_digits(text[-12:]) and text[-12:-10] == "00"


def _is_text(text: str) -> bool:
    return text.isprintable() and text.isascii()


def _is_reference(text: str) -> bool:
    return text.isascii() and text.replace(" ", "").isalnum()


def _is_code(text: str) -> bool:
    return text.isascii() and text.isalnum()


def _is_currency(text: str) -> bool:
    return exponent_of(text) is not None or text in codes.CURRENCY_LETTERS


def _is_track(text: str) -> bool:
    found = re.match(r"([0-9]{12,19})[=Dd]([0-9]{4}|[=Dd])", text)
    return bool(found and _is_expiry(found[2] if found[2].isdigit() else "0000"))


def _is_original(text: str) -> bool:
    """Original data: a message type, a trace number, a date; or nothing but zeros."""
    return bool(MESSAGE_TYPE.match(text)) or not text.strip("0 ")


_DATE = _Check(_is_date, 3, -3, "is a date", "is no date")
_COUNTRY = _Check(lambda it: it in codes.COUNTRIES, 2, -2, "is a country", "is no country")
_CURRENCY = _Check(_is_currency, 2.5, -2.5, "is a currency", "is no currency")
_AMOUNT = _Check(_is_amount, 3, -2, "is an amount of usual size", "is an amount beyond belief")
_NAME = _Check(_is_text, 3, -4, "is plain text", "is text with characters that none has")
_MERCHANT = _Check(
    lambda it: _is_digits(it) and codes.is_merchant_category(it),
    1, -1.5, "is a merchant category", "is no merchant category",
)  # fmt: skip
_MODE = _Check(
    lambda it: it[-4:][:2] in codes.ENTRY_MODES or it[:2] in codes.ENTRY_MODES,
    1, -1, "is an entry mode", "is no usual entry mode",
)  # fmt: skip

_CHECKS: dict[str, _Check] = {
    "2": _Check(_is_pan, 4, -2, "passes the Luhn check", "fails the Luhn check"),
    "3": _Check(
        lambda it: _is_digits(it) and it[:2] in codes.TRANSACTION_TYPES,
        1.5, -1, "names a transaction type", "names no usual transaction type",
    ),
    "4": _AMOUNT,
    "7": _Check(_is_moment, 7, -5, "is a date and a time", "is no date with a time"),
    "12": _Check(_is_moment, 4, -4, "is a time", "is no time"),
    "14": _Check(_is_expiry, 3, -2, "is a year and a month", "is no year with a month"),
    "15": _DATE,
    "16": _DATE,
    "17": _DATE,
    "35": _Check(_is_track, 6, -3, "is a track 2", "is no track 2"),
    "37": _Check(_is_reference, 4, -4, "is a reference number", "is no reference number"),
    "38": _Check(_is_reference, 2, -3, "is an approval code", "is no approval code"),
    "39": _Check(_is_code, 2, -3, "is a response code", "is no response code"),
    "41": _NAME,
    "42": _NAME,
    "90": _Check(_is_original, 3, -3, "names an original message", "names no original message"),
}  # fmt: skip
"""Elements that mean the same in every edition."""

_OF_1987: dict[str, _Check] = {
    "13": _DATE,
    "18": _MERCHANT,
    "19": _COUNTRY,
    "20": _COUNTRY,
    "21": _COUNTRY,
    "22": _MODE,
    "43": _NAME,
    "49": _CURRENCY,
    "50": _CURRENCY,
    "51": _CURRENCY,
    "70": _Check(
        lambda it: it in codes.NETWORK_MANAGEMENT,
        3, -1, "is a network management code", "is no usual network management code",
    ),
}  # fmt: skip

_OF_1993: dict[str, _Check] = {
    "13": _Check(_is_expiry, 3, -2, "is a year and a month", "is no year with a month"),
    "19": _COUNTRY,
    "20": _COUNTRY,
    "21": _COUNTRY,
    "26": _MERCHANT,
    "43": _NAME,
    "49": _CURRENCY,
    "50": _CURRENCY,
    "51": _CURRENCY,
}

_OF_2003: dict[str, _Check] = {"26": _MERCHANT}

_EDITIONS = {"0": _OF_1987, "1": _OF_1993, "2": _OF_2003}

"""Messages that a card network sends, as mappings for `codec.encode`.

Every builder is a plain function from what happened to a mapping; follow-ups (repeat, reversal,
advice) are built from the mapping of the message they follow. Amounts are minor units.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

from cbs.simulator.identity import Identity, new_identity
from cbs.simulator.money import AMOUNT_MINOR_MAX, AmountError

if TYPE_CHECKING:
    from cbs.codec import Message

Entry = Literal["chip", "contactless", "ecommerce", "magstripe"]
Fields = dict[str, Any]

ENTRIES: Final[tuple[Entry, ...]] = get_args(Entry)
PROCESSING_CODES: Final = MappingProxyType(
    {"purchase": "000000", "cash": "010000", "refund": "200000", "inquiry": "310000"}
)
REASON_CUSTOMER: Final = "2501"
REASON_NOT_COMPLETED: Final = "2502"
REASON_NO_CONFIRMATION: Final = "2503"

# fmt: off
_KEPT_BY_FOLLOW_UPS: Final = (
    "2", "3", "4", "6", "14", "18", "19", "22", "25", "32", "33", "37", "41", "42", "43", "49",
    "51", "62",
)
# fmt: on

ECHO: Final = "301"
SIGN_ON: Final = "001"
SIGN_OFF: Final = "002"


@dataclass(frozen=True, slots=True)
class Card:
    """A card as the terminal reads it."""

    pan: str
    expiry: str
    """YYMM."""

    def __repr__(self) -> str:
        """Masked: a card must not reach a log through a traceback."""
        return f"Card({self.pan[:6]}{'*' * (len(self.pan) - 10)}{self.pan[-4:]})"


@dataclass(frozen=True, slots=True)
class Merchant:
    """Where the card is used. Texts are cut or filled to their fields' lengths."""

    name: str
    city: str
    country: str
    """Two letters."""
    country_number: str
    """Three digits, ISO 3166."""
    category: str
    """Merchant category code, four digits."""
    terminal_id: str = "TERM0001"
    merchant_id: str = "MERCHANT0000001"
    acquirer_id: str = "476173"
    unattended: bool = False

    @property
    def location(self) -> str:
        """DE43: name 25, city 13, country 2."""
        return f"{self.name[:25]:<25}{self.city[:13]:<13}{self.country}"


BOOKSHOP: Final = Merchant("HARBOUR BOOKS", "LISBON", "PT", "620", "5942")
WEB_SHOP: Final = Merchant("WOOL AND NEEDLES ONLINE", "HELSINKI", "FI", "246", "5949", "WEB00001")
AIRLINE: Final = Merchant("NORTHERN AIRWAYS", "DUBLIN", "IE", "372", "4511", "WEB00002")
FUEL_STATION: Final = Merchant(
    "RING ROAD FUEL", "GHENT", "BE", "056", "5542", "PUMP0004", unattended=True
)
CASH_MACHINE: Final = Merchant(
    "CITY BANK MACHINE 12", "LYON", "FR", "250", "6011", "ATM00012", unattended=True
)


@dataclass(frozen=True, slots=True)
class _EntryFields:
    """What each way of reading a card puts on the wire."""

    pos_entry_mode: str
    entry_capability: str
    reads_track: bool
    reads_chip: bool


_ENTRY_FIELDS: Final[Mapping[Entry, _EntryFields]] = {
    "chip": _EntryFields("0510", "5", reads_track=True, reads_chip=True),
    "contactless": _EntryFields("0710", "8", reads_track=False, reads_chip=True),
    "ecommerce": _EntryFields("0100", "0", reads_track=False, reads_chip=False),
    "magstripe": _EntryFields("9010", "2", reads_track=True, reads_chip=False),
}


def purchase(
    card: Card,
    amount_minor: int,
    currency: str,
    *,
    entry: Entry = "chip",
    merchant: Merchant = BOOKSHOP,
    billing: tuple[int, str] | None = None,
    partial_approval: bool = False,
    identity: Identity | None = None,
) -> Fields:
    """An 0100 for goods. `currency`, and the one of `billing`, are ISO 4217 digits."""
    fields = _request(card, "purchase", amount_minor, currency, entry, merchant, identity)
    if billing is not None:
        fields["6"] = _amount(billing[0])
        fields["51"] = billing[1]
    if partial_approval:
        # position 12 says that the terminal can take less than it asked for
        fields["60"] = f"{fields['60'][:11]}1"
    return fields


def cash(
    card: Card,
    amount_minor: int,
    currency: str,
    *,
    entry: Entry = "chip",
    merchant: Merchant = CASH_MACHINE,
    identity: Identity | None = None,
) -> Fields:
    """An 0100 at a cash machine. Without a chip it carries a PIN block, made up by chance."""
    fields = _request(card, "cash", amount_minor, currency, entry, merchant, identity)
    if not _ENTRY_FIELDS[entry].reads_chip:
        fields["52"] = secrets.token_hex(8)
        fields["53"] = "2001010100000000"
    return fields


def refund(
    card: Card,
    amount_minor: int,
    currency: str,
    *,
    entry: Entry = "chip",
    merchant: Merchant = BOOKSHOP,
    identity: Identity | None = None,
) -> Fields:
    """An 0100 that announces money back; it is a transaction of its own and cancels nothing."""
    return _request(card, "refund", amount_minor, currency, entry, merchant, identity)


def account_verification(
    card: Card,
    currency: str,
    *,
    merchant: Merchant = WEB_SHOP,
    identity: Identity | None = None,
) -> Fields:
    """An 0100 of amount zero that asks whether the card is good."""
    fields = _request(card, "purchase", 0, currency, "ecommerce", merchant, identity)
    fields["25"] = "51"
    return fields


def balance_inquiry(
    card: Card,
    currency: str,
    *,
    merchant: Merchant = CASH_MACHINE,
    identity: Identity | None = None,
) -> Fields:
    """An 0100 that asks for the balances; the answer carries them in DE54."""
    return _request(card, "inquiry", 0, currency, "chip", merchant, identity)


def repeat(original: Mapping[str, Any]) -> Fields:
    """The same message sent again after no answer came: only the last digit of the MTI differs."""
    fields = dict(original)
    fields["mti"] = f"{original['mti'][:3]}1"
    return fields


def reversal(
    original: Mapping[str, Any],
    *,
    mti: str = "0420",
    replacement_minor: int | None = None,
    reason: str = REASON_CUSTOMER,
    authorization_code: str | None = None,
    identity: Identity | None = None,
) -> Fields:
    """Takes an authorization back, wholly, or down to `replacement_minor` as the new total.

    The replacement is in the original's transaction currency; billing is left to the issuer.
    """
    fields = _follow_up(original, mti, identity)
    fields["90"] = original_data_elements(original)
    fields["63"] = {"1": "0000", "3": reason}
    if authorization_code is not None:
        fields["38"] = authorization_code
    if replacement_minor is not None:
        fields["95"] = f"{_amount(replacement_minor):<42}"
    return fields


def advice(
    original: Mapping[str, Any],
    amount_minor: int,
    *,
    mti: str = "0120",
    response_code: str = "00",
    authorization_code: str | None = None,
    identity: Identity | None = None,
) -> Fields:
    """What became of an authorization: the final amount to hold (0120) or to post (0220)."""
    fields = _follow_up(original, mti, identity)
    fields["4"] = _amount(amount_minor)
    fields.pop("6", None)
    fields.pop("51", None)
    fields["39"] = response_code
    if authorization_code is not None:
        fields["38"] = authorization_code
    return fields


def network_management(code: str, *, identity: Identity | None = None) -> Fields:
    """An 0800: `code` is DE70 (`ECHO`, `SIGN_ON`, `SIGN_OFF`)."""
    known = identity or new_identity()
    return {
        "mti": "0800",
        "7": known.transmitted,
        "11": known.stan,
        "37": known.retrieval_reference,
        "70": code,
    }


def network_management_answer(request: Mapping[str, str] | Message) -> Fields:
    """The 0810 for an 0800 that the host sent: its fields echoed, and approved."""
    echoed = {field: request[field] for field in ("7", "11", "37", "70") if field in request}
    return {"mti": "0810", **echoed, "39": "00"}


def original_data_elements(original: Mapping[str, Any]) -> str:
    """DE90: MTI, trace number, transmission time, acquirer, forwarder; zeros where unknown."""
    return (
        f"{original['mti'][:3]}0{original['11']}{original['7']}"
        f"{original.get('32', ''):>011}{original.get('33', ''):>011}"
    )


def as_entry(name: str) -> Entry:
    """`name` as an `Entry`. Raises `ValueError` with the names that would do."""
    if name not in ENTRIES:
        raise ValueError(f"{name!r} is no entry mode; known are {', '.join(ENTRIES)}")
    return name


def _request(
    card: Card,
    kind: str,
    amount_minor: int,
    currency: str,
    entry: Entry,
    merchant: Merchant,
    identity: Identity | None,
) -> Fields:
    """The fields that every 0100 has, in ascending order."""
    known = identity or new_identity()
    how = _ENTRY_FIELDS[entry]
    fields: Fields = {
        "mti": "0100",
        "2": card.pan,
        "3": PROCESSING_CODES[kind],
        "4": _amount(amount_minor),
        "7": known.transmitted,
        "11": known.stan,
        "12": known.local_time,
        "13": known.local_date,
        "14": card.expiry,
        "18": merchant.category,
        "19": merchant.country_number,
        "22": how.pos_entry_mode,
        "25": _condition_code(entry, merchant),
        "32": merchant.acquirer_id,
    }
    if how.reads_chip:
        fields["23"] = "001"
    if how.reads_track:
        fields["35"] = f"{card.pan}d{card.expiry}2010000012300000"[:37]
    fields |= {
        "37": known.retrieval_reference,
        "41": f"{merchant.terminal_id:<8}"[:8],
        "42": f"{merchant.merchant_id:<15}"[:15],
        "43": merchant.location,
        "49": currency,
    }
    if how.reads_chip:
        fields["55"] = _chip_data(amount_minor, currency, merchant, known)
    fields["60"] = f"0{how.entry_capability}000000{'07' if entry == 'ecommerce' else '00'}00"
    fields["62"] = {"1": "Y", "2": known.lifecycle_id}
    fields["63"] = {"1": "0000"}
    if entry == "ecommerce":
        fields["126"] = {"10": "11 123"}
    return fields


def _condition_code(entry: Entry, merchant: Merchant) -> str:
    if entry == "ecommerce":
        return "59"
    return "02" if merchant.unattended else "00"


def _chip_data(
    amount_minor: int, currency: str, merchant: Merchant, identity: Identity
) -> dict[str, str]:
    """DE55 of a chip: the tags that a cryptogram covers. The cryptogram itself is random."""
    return {
        "_dataset": "01",
        "9F26": secrets.token_hex(8),
        "9F27": "80",
        "9F10": "06010a03a0b800",
        "9F37": secrets.token_hex(4),
        "9F36": secrets.token_hex(2),
        "95": "0000008000",
        "9A": identity.date,
        "9C": "00",
        "9F02": _amount(amount_minor),
        "5F2A": f"0{currency}",
        "82": "3900",
        "9F1A": f"0{merchant.country_number}",
        "9F33": "e0f8c8",
        "9F34": "420300",
    }


def _follow_up(original: Mapping[str, Any], mti: str, identity: Identity | None) -> Fields:
    """A later message about `original`: own trace number and time, same reference and id."""
    known = identity or new_identity()
    fields: Fields = {"mti": mti}
    fields |= {field: original[field] for field in _KEPT_BY_FOLLOW_UPS if field in original}
    fields |= {
        "7": known.transmitted,
        "11": known.stan,
        "12": known.local_time,
        "13": known.local_date,
    }
    return fields


def _amount(amount_minor: int) -> str:
    """Twelve digits. Raises `AmountError` where they do not do."""
    if not 0 <= amount_minor <= AMOUNT_MINOR_MAX:
        raise AmountError(f"{amount_minor} minor units do not fit twelve digits")
    return f"{amount_minor:012d}"

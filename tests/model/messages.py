"""Short ways to write the records of the messages that tests send."""

from __future__ import annotations

import itertools
from dataclasses import fields
from datetime import datetime
from typing import Any

from tests.model.records import MICROSECONDS, Record, identity_key, microseconds

PURCHASE = "000000"
CASHBACK = "090000"
CASH = "010000"
REFUND = "200000"
CREDIT = "260000"
INQUIRY = "310000"

_DEFAULTS: dict[str, Any] = {
    **dict.fromkeys(field.name for field in fields(Record)),
    "network": "visa_like",
    "pan_masked": "400000******0000",
    "processing_code": PURCHASE,
    "currency": "978",
    "acquirer_id": "12345",
    "entry": "chip",
    "card_present": True,
    "pin_present": True,
    "partial_approval": False,
    "account_verification": False,
}
_trace_numbers = itertools.count(1)


def message(message_type: str, card_token: bytes, now: datetime, **given: Any) -> Record:
    """A record of one message sent at `now`: chip and PIN, in EUR, unless said otherwise.

    `given` replaces any column; the identity key follows from the others unless it is given too.
    DE7 has no fractions of a second, so the default for it is `now` cut to its second.
    """
    received_at_us = microseconds(now)
    values = {
        **_DEFAULTS,
        "message_type": message_type,
        "card_token": card_token,
        "received_at_us": received_at_us,
        "transmitted_at_us": received_at_us - received_at_us % MICROSECONDS,
        "stan": "000001",
        "trace_id": next(_trace_numbers).to_bytes(16, "big"),
        **given,
    }
    if "identity_key" not in given:
        values["identity_key"] = identity_key(
            values["network"],
            message_type,
            card_token,
            values["transmitted_at_us"],
            values["stan"],
            values["acquirer_id"],
            values["retrieval_reference"],
        )
    return Record(**values)


def purchase(card_token: bytes, amount_minor: int, now: datetime, **given: Any) -> Record:
    """An 0100 of `amount_minor`; `given` replaces any column."""
    return message("0100", card_token, now, amount_minor=amount_minor, **given)


def repeat(original: Record, now: datetime, **given: Any) -> Record:
    """The same message sent again under its repeat type, with the key of the first copy."""
    given = {
        "message_type": original.message_type[:3] + "1",
        "received_at_us": microseconds(now),
        "trace_id": next(_trace_numbers).to_bytes(16, "big"),
        **given,
    }
    return _changed(original, given)


def reversal(original: Record, now: datetime, **given: Any) -> Record:
    """An 0420 whose DE90 names `original`; without a replacement amount it takes back all of it.

    The identifiers that only our answer carries (DE38, DE62.2) are left out: the acquirer of a
    timed out request never saw them.
    """
    given = {"message_type": "0420", "stan": "900001", **given}
    named: dict[str, Any] = {
        "network": original.network,
        "pan_masked": original.pan_masked,
        "processing_code": original.processing_code,
        "amount_minor": original.amount_minor,
        "currency": original.currency,
        "acquirer_id": original.acquirer_id,
        "original_message_type": original.message_class,
        "original_stan": original.stan,
        "original_transmitted_at_us": original.transmitted_at_us,
        "original_acquirer_id": original.acquirer_id,
    }
    named.update(given)
    message_type = named.pop("message_type")
    assert original.card_token is not None
    return message(message_type, named.pop("card_token", original.card_token), now, **named)


def _changed(record: Record, given: dict[str, Any]) -> Record:
    values = {field.name: getattr(record, field.name) for field in fields(Record)}
    values.update(given)
    return Record(**values)

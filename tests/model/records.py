"""Authorization records: what a network profile hands to the decision, one per message."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECONDS = 1_000_000


@dataclass(frozen=True, slots=True)
class Record:
    """One authorization record; names and order are those of `cbs.network.RECORD_COLUMNS`."""

    network: str
    message_type: str
    identity_key: bytes
    card_token: bytes | None
    pan_masked: str | None
    format_error: str | None
    processing_code: str | None
    amount_minor: int | None
    currency: str | None
    billing_amount_minor: int | None
    billing_currency: str | None
    transmitted_at_us: int | None
    stan: str | None
    local_time: str | None
    local_date: str | None
    expiry: str | None
    merchant_category_code: str | None
    acquirer_country: str | None
    acquirer_id: str | None
    forwarder_id: str | None
    pos_entry_mode: str | None
    pos_condition_code: str | None
    entry: str
    card_present: bool
    pin_present: bool
    partial_approval: bool
    account_verification: bool
    retrieval_reference: str | None
    authorization_code: str | None
    advice_response_code: str | None
    terminal_id: str | None
    merchant_id: str | None
    merchant_name: str | None
    lifecycle_id: str | None
    original_message_type: str | None
    original_stan: str | None
    original_transmitted_at_us: int | None
    original_acquirer_id: str | None
    replacement_amount_minor: int | None
    replacement_billing_amount_minor: int | None
    reason_code: str | None
    received_at_us: int
    trace_id: bytes

    @property
    def message_class(self) -> str:
        """The message type with its last digit cleared: a repeat is of its original's class."""
        return self.message_type[:3] + "0"

    @property
    def is_repeat(self) -> bool:
        """Whether the sender marks it as sent before."""
        return self.message_type[3] == "1"

    @property
    def is_advice(self) -> bool:
        """Whether it tells what has happened, and cannot be declined."""
        return self.message_class in {"0120", "0220", "0420"}

    @property
    def is_reversal(self) -> bool:
        """Whether it takes back, wholly or in part, what an earlier message did."""
        return self.message_class in {"0400", "0420"}

    @property
    def fingerprint(self) -> tuple[object, ...]:
        """What two copies of one message must have in common besides their key."""
        replacement = self.replacement_amount_minor if self.is_reversal else None
        return (self.processing_code, self.amount_minor, self.currency, replacement)


def microseconds(moment: datetime) -> int:
    """UTC microseconds since 1970."""
    return (moment - EPOCH) // timedelta(microseconds=1)


def identity_key(
    network: str,
    message_type: str,
    card_token: bytes | None,
    transmitted_at_us: int,
    stan: str,
    acquirer_id: str | None,
    retrieval_reference: str | None,
) -> bytes:
    """A key as the network profile makes it: the second of DE7, then 12 bytes of a digest."""
    parts = (
        network,
        message_type[:3] + "0",
        (card_token or b"").hex(),
        str(transmitted_at_us),
        stan,
        acquirer_id or "",
        retrieval_reference or "",
    )
    digest = hashlib.sha256("".join(f"{len(part)}:{part}" for part in parts).encode()).digest()
    return (transmitted_at_us // MICROSECONDS).to_bytes(4, "big") + digest[:12]

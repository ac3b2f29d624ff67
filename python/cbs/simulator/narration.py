"""Messages as a person reads them: who, how much, what happened. Card data stays masked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from cbs.codec import Message
from cbs.simulator import wording
from cbs.simulator.money import format_amount

_REVERSAL_REASONS = {
    "2501": "the customer cancelled",
    "2502": "the sale was not completed",
    "2503": "the terminal gave no confirmation",
    "2504": "only a part was dispensed",
}
_AMOUNT_TYPES = {"01": "ledger balance", "02": "available", "40": "cashback", "57": "asked for"}
_ENTRY_LENGTH = 20


class AdditionalAmount(NamedTuple):
    """One entry of DE54. `amount_minor` is negative for a debit."""

    amount_type: str
    currency: str
    amount_minor: int


def describe_request(message: Message) -> str:
    """One line: "0100 authorization: purchase of EUR 42.50 by chip at ..., card ..., trace ..."."""
    head = f"{message.mti} {wording.message_type_text(message.mti)}"
    if message.mti.startswith("08"):
        return f"{head}: {wording.network_management_text(message.get('70'))}{_trace(message)}"
    parts = [_what(message), _how(message), _where(message)]
    sentence = " ".join(part for part in parts if part)
    return f"{head}: {sentence}{_change(message)}{_card(message)}{_trace(message)}"


def describe_reply(message: Message, elapsed_s: float | None = None) -> str:
    """One line: "0110 00 approved EUR 42.50, authorization code 123456, in 1.9 ms"."""
    code = message.get("39")
    decides = message.mti in ("0110", "0210")
    meaning = wording.response_code_text(code) if decides or code != "00" else "00 accepted"
    parts = [f"{message.mti} {meaning}"]
    if decides and code in wording.APPROVALS:
        parts[0] += f" {_approved_amount(message)}".rstrip()
    if "38" in message:
        parts.append(f"authorization code {message['38']}")
    parts += [
        f"{_AMOUNT_TYPES.get(entry.amount_type, entry.amount_type)} "
        f"{format_amount(entry.amount_minor, entry.currency)}"
        for entry in additional_amounts(message)
    ]
    if elapsed_s is not None:
        parts.append(f"in {elapsed_s * 1000:.1f} ms")
    return ", ".join(parts)


def additional_amounts(message: Message) -> Iterator[AdditionalAmount]:
    """The entries of DE54: account type 2, amount type 2, currency 3, sign, twelve digits."""
    text = message.get("54", "") or ""
    for start in range(0, len(text) - _ENTRY_LENGTH + 1, _ENTRY_LENGTH):
        entry = text[start : start + _ENTRY_LENGTH]
        amount_minor = int(entry[8:])
        yield AdditionalAmount(
            entry[2:4], entry[4:7], -amount_minor if entry[7] == "D" else amount_minor
        )


def _what(message: Message) -> str:
    words = wording.processing_code_text(message.get("3"))
    amount = message.get("4")
    if amount is None or int(amount) == 0:
        return "account verification" if message.get("25") == "51" else words
    text = f"{words} of {format_amount(int(amount), message.get('49') or '')}"
    if "6" in message:
        text += f" (billed {format_amount(int(message['6']), message.get('51') or '')})"
    return text


def _how(message: Message) -> str:
    entry = wording.entry_text(message.get("22"), message.get("25"))
    return f"by {entry}" if entry else ""


def _where(message: Message) -> str:
    location = message.get("43")
    if location is None:
        return ""
    name, city, country = location[:25].strip(), location[25:38].strip(), location[38:40].strip()
    return f"at {name}, {city} {country}"


def _change(message: Message) -> str:
    """What a follow-up does to its original."""
    if message.mti.startswith("04"):
        reason = _REVERSAL_REASONS.get(message.get("63.3") or "", "")
        because = f" because {reason}" if reason else ""
        replacement = message.get("95")
        if replacement is None or not replacement[:12].isdigit() or int(replacement[:12]) == 0:
            return f", taken back{because}"
        amount = format_amount(int(replacement[:12]), message.get("49") or "")
        return f", reduced to {amount}{because}"
    if message.mti[2] == "2" and "39" in message:
        return f", final, after {wording.response_code_text(message['39'])}"
    return ""


def _approved_amount(message: Message) -> str:
    amount = message.get("4")
    if amount is None or int(amount) == 0:
        return ""
    return format_amount(int(amount), message.get("49") or "")


def _card(message: Message) -> str:
    pan = message.get("2")
    return f", card {pan}" if pan else ""


def _trace(message: Message) -> str:
    stan = message.get("11")
    return f", trace {stan}" if stan else ""

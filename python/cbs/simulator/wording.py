"""What codes on the wire mean, in words for a person at a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

RESPONSE_CODES: Final[Mapping[str, str]] = {
    "00": "approved",
    "05": "do not honour",
    "10": "partly approved",
    "11": "approved (VIP)",
    "12": "invalid transaction",
    "13": "invalid amount",
    "14": "no such card",
    "15": "no such issuer",
    "21": "no action taken",
    "25": "original not found",
    "30": "format error",
    "41": "lost card, pick up",
    "43": "stolen card, pick up",
    "46": "account closed",
    "51": "insufficient funds",
    "54": "expired card",
    "55": "wrong PIN",
    "57": "not permitted to the cardholder",
    "58": "not permitted to the terminal",
    "59": "suspected fraud",
    "61": "exceeds the amount limit",
    "62": "restricted card",
    "65": "exceeds the count limit",
    "70": "PIN required",
    "75": "PIN tries exceeded",
    "78": "card not activated",
    "82": "wrong cryptogram",
    "85": "no reason to decline",
    "87": "purchase approved, no cashback",
    "91": "issuer not available",
    "94": "duplicate transmission",
    "96": "system malfunction",
    "1A": "additional authentication required",
    "N7": "wrong card verification value",
}

APPROVALS: Final = frozenset({"00", "10", "11", "85", "87"})
"""The response codes under which a purchase goes ahead."""

_MESSAGE_TYPES: Final[Mapping[str, str]] = {
    "0100": "authorization",
    "0110": "authorization answer",
    "0120": "advice",
    "0130": "advice answer",
    "0200": "financial request",
    "0210": "financial answer",
    "0220": "financial advice",
    "0230": "financial advice answer",
    "0400": "reversal",
    "0410": "reversal answer",
    "0420": "reversal advice",
    "0430": "reversal advice answer",
    "0800": "network management",
    "0810": "network management answer",
}

_PROCESSING_CODES: Final[Mapping[str, str]] = {
    "00": "purchase",
    "01": "cash withdrawal",
    "09": "purchase with cashback",
    "10": "account funding",
    "11": "quasi-cash",
    "17": "cash over the counter",
    "20": "refund",
    "26": "credit transfer to the card",
    "28": "load",
    "30": "balance inquiry",
    "31": "balance inquiry",
}

_ENTRY_MODES: Final[Mapping[str, str]] = {
    "01": "hand",
    "02": "magnetic stripe",
    "05": "chip",
    "07": "contactless",
    "10": "card on file",
    "81": "e-commerce",
    "90": "magnetic stripe",
    "91": "contactless stripe",
}

_NETWORK_MANAGEMENT_CODES: Final[Mapping[str, str]] = {
    "001": "sign-on",
    "002": "sign-off",
    "301": "echo test",
}


def response_code_text(code: str | None) -> str:
    """ "51 insufficient funds"; an unknown code says so rather than guess."""
    if code is None:
        return "no response code"
    return f"{code} {RESPONSE_CODES.get(code, 'unknown response code')}"


def message_type_text(mti: str) -> str:
    """ "repeated authorization" for "0101"."""
    words = _MESSAGE_TYPES.get(f"{mti[:3]}0", "unknown message")
    return f"repeated {words}" if mti.endswith("1") else words


def processing_code_text(code: str | None) -> str:
    """ "purchase" for "000000"; empty where there is none."""
    if code is None:
        return ""
    return _PROCESSING_CODES.get(code[:2], f"processing code {code}")


def entry_text(pos_entry_mode: str | None, pos_condition_code: str | None) -> str:
    """How the card came in: "chip" for "0510"; condition code 59 is e-commerce."""
    if pos_condition_code == "59":
        return "e-commerce"
    return _ENTRY_MODES.get((pos_entry_mode or "")[:2], "")


def network_management_text(code: str | None) -> str:
    """ "echo test" for "301"."""
    return _NETWORK_MANAGEMENT_CODES.get(code or "", f"code {code}")

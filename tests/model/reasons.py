"""Why a request is declined, and which response code that means on each network."""

from __future__ import annotations

# reason: (priority, response code by network); the lowest priority is the one that is answered
REASONS: dict[str, tuple[int, dict[str, str]]] = {
    name: (priority, {"visa_like": visa, "mastercard_like": mastercard})
    for name, priority, visa, mastercard in [
        ("FORMAT_ERROR", 10, "30", "30"),
        ("DUPLICATE_KEY_MISMATCH", 12, "94", "94"),
        ("REVERSED", 13, "05", "05"),
        ("REVERSED_BEFORE_ORIGINAL", 13, "05", "05"),
        ("UNSUPPORTED_TRANSACTION", 15, "12", "12"),
        ("INVALID_AMOUNT", 16, "13", "13"),
        ("NO_BILLING_AMOUNT", 16, "13", "13"),
        ("UNKNOWN_ISSUER", 20, "15", "15"),
        ("CARD_NOT_FOUND", 21, "14", "14"),
        ("CARD_STOLEN", 25, "43", "43"),
        ("CARD_LOST", 26, "41", "41"),
        ("CARD_FRAUD_BLOCK", 27, "59", "63"),
        ("ACCOUNT_CLOSED", 30, "46", "46"),
        ("CARD_CANCELLED", 30, "46", "46"),
        ("ACCOUNT_BLOCKED", 32, "62", "62"),
        ("CARD_NOT_ACTIVATED", 33, "78", "72"),
        ("CARD_EXPIRED", 34, "54", "54"),
        ("EXPIRY_MISMATCH", 34, "54", "54"),
        ("CARD_FROZEN", 35, "62", "62"),
        ("PIN_MISSING", 44, "70", "55"),
        ("OPTION_OFF", 55, "62", "57"),
        ("TX_AMOUNT_LIMIT", 60, "61", "61"),
        ("MONTH_LIMIT", 60, "61", "61"),
        ("ATM_LIMIT", 60, "61", "61"),
        ("INSUFFICIENT_FUNDS", 70, "51", "51"),
    ]
}

CARD_STATUS_REASONS = {
    "stolen": "CARD_STOLEN",
    "lost": "CARD_LOST",
    "fraud_blocked": "CARD_FRAUD_BLOCK",
    "cancelled": "CARD_CANCELLED",
    "not_activated": "CARD_NOT_ACTIVATED",
    "frozen": "CARD_FROZEN",
}
ACCOUNT_STATUS_REASONS = {"closed": "ACCOUNT_CLOSED", "blocked": "ACCOUNT_BLOCKED"}

# what DE39 says where a transaction took place
APPROVALS = {"00", "10", "11", "85", "87"}

# the only reasons that a partial approval can cure
AMOUNT_REASONS = {"INSUFFICIENT_FUNDS", "MONTH_LIMIT"}


def response_code(reasons: set[str], network: str) -> str:
    """The code of the reason with the lowest priority."""
    first = min(reasons, key=lambda name: REASONS[name][0])
    return REASONS[first][1][network]

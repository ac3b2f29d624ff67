"""Values that no codec should let through. Each is answered, and harms no other record."""

from __future__ import annotations

from typing import Any

import pytest
from tests.sql.bank import TYPES, Bank, Card, Record

BIGGEST = 2**63 - 1
LONG = "x" * 10_000


@pytest.mark.parametrize("message_type", ["0100", "0120", "0200", "0220", "0400", "0420"])
def test_a_record_of_nothing_but_nulls_is_answered(bank: Bank, message_type: str) -> None:
    nothing: Record = dict.fromkeys(TYPES) | {"message_type": message_type}
    assert bank.send(nothing)[0].reasons == ["FORMAT_ERROR"]


@pytest.mark.parametrize(
    "given",
    [
        {"amount_minor": BIGGEST},
        {"amount_minor": -BIGGEST - 1},
        {"amount_minor": 999_999_999_999},
        {"amount_minor": 1, "billing_amount_minor": BIGGEST, "billing_currency": "978"},
        {"amount_minor": BIGGEST, "billing_amount_minor": 1, "billing_currency": "978"},
        {"billing_amount_minor": -1, "billing_currency": "978"},
        {"billing_amount_minor": 0, "billing_currency": "978"},
        {"replacement_amount_minor": BIGGEST},
        {"replacement_amount_minor": -1},
        {"replacement_billing_amount_minor": BIGGEST, "replacement_amount_minor": 1},
        {"transmitted_at_us": BIGGEST, "identity_key": b"\xff" * 16},
        {"transmitted_at_us": -BIGGEST, "identity_key": b"\x00" * 16},
        {"original_transmitted_at_us": BIGGEST, "original_stan": "1", "original_message_type": ""},
        {"received_at_us": -BIGGEST},
        {"identity_key": b""},
        {"identity_key": b"k" * 5000},
        {"identity_key": None},
        {"card_token": b"t" * 5000},
        {"card_token": b""},
        {"lifecycle_id": LONG},
        {"network": LONG},
        {"network": None},
        {"processing_code": LONG},
        {"processing_code": ""},
        {"currency": "999"},
        {"currency": LONG},
        {"currency": None},
        {"pan_masked": LONG},
        {"pan_masked": "%"},
        {"expiry": "9999"},
        {"expiry": ""},
        {"merchant_name": "'; DROP TABLE cbs.account; --\n\t\u202e\U0001f4b3"},
        {"stan": None, "acquirer_id": None, "retrieval_reference": None, "local_time": None},
        {"entry": None, "card_present": None, "pin_present": None, "partial_approval": None},
        {"account_verification": None},
        {"advice_response_code": LONG},
        {"trace_id": None},
        {"message_type": None},
        {"message_type": ""},
        {"message_type": LONG},
        {"processing_code": "260000", "amount_minor": BIGGEST},
    ],
)
def test_a_hostile_record_is_answered_and_its_neighbours_are_approved(
    bank: Bank, card: Card, given: dict[str, Any]
) -> None:
    hostile = [
        bank.record(card, **({"message_type": message_type} | given))
        for message_type in ("0100", "0101", "0120", "0200", "0220", "0400", "0420")
    ]
    other = bank.issue_card(bank.open_account(10_000))
    first, *_, last = bank.send(bank.record(other), *hostile, *hostile, bank.record(other))
    assert [first.response_code, last.response_code] == ["00", "00"]
    assert bank.money(other) == (10_000, 2000, 8000)


def test_columns_of_different_lengths_do_not_lose_the_batch(bank: Bank, card: Card) -> None:
    record = bank.record(card)
    broken = dict.fromkeys(TYPES)
    assert [each.response_code for each in bank.send(record, broken)] == ["00", "30"]


def test_a_balance_at_its_bound_takes_no_more(bank: Bank) -> None:
    card = bank.issue_card(bank.open_account(10**15), rolling_limit_minor=None)
    bank.connection.execute("ALTER TABLE cbs.operation DISABLE TRIGGER ALL")
    for table, column in [("account", "ledger_minor"), ("operation", "ledger_delta_minor")]:
        bank.connection.execute(
            f"UPDATE cbs.{table} SET {column} = 3999999999999999999".encode()
            + b" WHERE account_id > 0"
        )
    most = {"amount_minor": 999_999_999_999, "processing_code": "260000"}
    assert bank.reasons(bank.record(card, "0200", **most)) == ["INVALID_AMOUNT"]
    assert bank.code(bank.record(card, "0220", **most)) == "00"
    assert bank.exceptions(card) == ["FORCE_POST", "BALANCE_OVERFLOW"]
    assert bank.code(bank.record(card, amount_minor=999_999_999_999)) == "00"


def test_a_scaled_amount_never_has_more_than_twelve_digits(bank: Bank, card: Card) -> None:
    request = bank.record(
        card, "0120", amount_minor=1, currency="392", billing_amount_minor=999_999_999_999,
        billing_currency="978",
    )  # fmt: skip
    bank.send(request)
    follow_up = bank.advice(request, amount_minor=999_999_999_999)
    follow_up |= {"identity_key": b"\x01" * 16, "lifecycle_id": None}
    assert bank.code(follow_up) == "00"


def test_a_call_without_a_clock_is_refused(bank: Bank, card: Card) -> None:
    record = bank.record(card)
    bank.now = None  # type: ignore[assignment]
    with pytest.raises(Exception, match="p_now must be an instant"):
        bank.send(record)

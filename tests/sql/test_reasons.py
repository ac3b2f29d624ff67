"""Why requests are declined: each reason alone, all of them together, and the code that is sent."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.sql.bank import Bank, Card, fresh_token


@pytest.mark.parametrize(
    ("status", "reason", "visa_code", "mastercard_code"),
    [
        ("stolen", "CARD_STOLEN", "43", "43"),
        ("lost", "CARD_LOST", "41", "41"),
        ("fraud_blocked", "CARD_FRAUD_BLOCK", "59", "63"),
        ("cancelled", "CARD_CANCELLED", "46", "46"),
        ("not_activated", "CARD_NOT_ACTIVATED", "78", "72"),
        ("frozen", "CARD_FROZEN", "62", "62"),
    ],
)
def test_a_card_that_may_not_pay_is_declined_for_its_status(
    bank: Bank, card: Card, status: str, reason: str, visa_code: str, mastercard_code: str
) -> None:
    bank.set_card_status(card, status)
    for network, code in [("visa_like", visa_code), ("mastercard_like", mastercard_code)]:
        outcome = bank.send(bank.record(card, network=network))[0]
        assert (outcome.response_code, outcome.reasons) == (code, [reason])
    assert bank.money(card).held == 0


@pytest.mark.parametrize(
    ("status", "reason", "code"),
    [("closed", "ACCOUNT_CLOSED", "46"), ("blocked", "ACCOUNT_BLOCKED", "62")],
)
def test_a_purchase_on_an_account_that_is_not_active_is_declined(
    bank: Bank, card: Card, status: str, reason: str, code: str
) -> None:
    bank.set_account_status(card, status)
    outcome = bank.send(bank.record(card))[0]
    assert (outcome.response_code, outcome.reasons) == (code, [reason])


@pytest.mark.parametrize(
    ("given", "reason", "code"),
    [
        ({"processing_code": "990000"}, "UNSUPPORTED_TRANSACTION", "12"),
        ({"processing_code": None}, "UNSUPPORTED_TRANSACTION", "12"),
        ({"processing_code": "020000"}, "UNSUPPORTED_TRANSACTION", "12"),
        ({"message_type": "0140"}, "UNSUPPORTED_TRANSACTION", "12"),
        ({"amount_minor": 0}, "INVALID_AMOUNT", "13"),
        ({"amount_minor": -1}, "INVALID_AMOUNT", "13"),
        ({"amount_minor": 10**12}, "INVALID_AMOUNT", "13"),
        ({"currency": "840"}, "NO_BILLING_AMOUNT", "13"),
        ({"billing_amount_minor": 5, "billing_currency": "840"}, "NO_BILLING_AMOUNT", "13"),
        ({"expiry": "2911"}, "EXPIRY_MISMATCH", "54"),
        ({"amount_minor": 20_000}, "TX_AMOUNT_LIMIT", "61"),
        ({"amount_minor": 15_000}, "MONTH_LIMIT", "61"),
        ({"amount_minor": 6000, "processing_code": "010000"}, "ATM_LIMIT", "61"),
        ({"processing_code": "010000", "pin_present": False, "entry": "magstripe"},
         "PIN_MISSING", "70"),
        ({"format_error": "4"}, "FORMAT_ERROR", "30"),
    ],
)  # fmt: skip
def test_one_objection_is_one_reason(
    bank: Bank, given: dict[str, Any], reason: str, code: str
) -> None:
    card = bank.issue_card(
        bank.open_account(1_000_000),
        transaction_limit_minor=15_000,
        rolling_limit_minor=20_000,
        atm_limit_minor=5000,
    )
    if reason == "MONTH_LIMIT":
        assert bank.pay(card, 10_000) == "00"
    outcome = bank.send(bank.record(card, **given))[0]
    assert (outcome.response_code, outcome.reasons) == (code, [reason])


@pytest.mark.parametrize(
    ("option", "given"),
    [
        ("online", {"entry": "ecommerce", "card_present": False}),
        ("online", {"entry": "chip", "card_present": False}),
        ("contactless", {"entry": "contactless"}),
        ("contactless", {"entry": "contactless_magstripe"}),
        ("magstripe", {"entry": "magstripe"}),
        ("magstripe", {"entry": "contactless_magstripe"}),
        ("magstripe", {"entry": "fallback"}),
        ("atm", {"processing_code": "010000"}),
    ],
)
def test_an_option_that_the_holder_switched_off_declines_what_uses_it_and_nothing_else(
    bank: Bank, option: str, given: dict[str, Any]
) -> None:
    account = bank.open_account(100_000)
    off = bank.issue_card(account, **{option: False})
    on = bank.issue_card(account)
    outcome = bank.send(bank.record(off, **given))[0]
    assert (outcome.response_code, outcome.reasons) == ("62", ["OPTION_OFF"])
    assert bank.code(bank.record(off, network="mastercard_like", **given)) == "57"
    assert bank.code(bank.record(on, **given)) == "00"
    assert bank.code(bank.record(off)) == "00"


def test_an_unknown_card_of_ours_and_a_foreign_one_are_told_apart(bank: Bank) -> None:
    unknown, foreign = Card(fresh_token()), Card(fresh_token())
    outcome = bank.send(bank.record(unknown))[0]
    assert (outcome.account_id, outcome.response_code) == (0, "14")
    assert outcome.reasons == ["CARD_NOT_FOUND"]
    assert bank.reasons(bank.record(foreign, pan_masked="510000******0001")) == ["UNKNOWN_ISSUER"]
    assert bank.outcomes[0].response_code == "15"
    assert [row.account_id for row in bank.operations(unknown)] == [0]


def test_a_record_without_a_card_belongs_to_no_account(bank: Bank) -> None:
    record = bank.record(Card(b""), card_token=None, pan_masked=None)
    outcome = bank.send(record)[0]
    assert (outcome.account_id, outcome.reasons) == (0, ["UNKNOWN_ISSUER"])


@pytest.mark.parametrize(
    ("zone", "last", "first"),
    [
        ("UTC", datetime(2026, 6, 30, 23, 59, 59, tzinfo=UTC), datetime(2026, 7, 1, tzinfo=UTC)),
        (
            "Europe/Paris",
            datetime(2026, 6, 30, 21, 59, 59, tzinfo=UTC),
            datetime(2026, 6, 30, 22, tzinfo=UTC),
        ),
    ],
)
def test_a_card_is_good_until_its_month_ends_where_the_account_is(
    bank: Bank, zone: str, last: datetime, first: datetime
) -> None:
    card = bank.issue_card(bank.open_account(100_000, zone=zone), expiry="2606")
    bank.now = last
    assert bank.pay(card, 1000) == "00"
    bank.now = first - timedelta(microseconds=1)
    assert bank.pay(card, 1000) == "00"
    bank.now = first
    assert bank.reasons(bank.record(card)) == ["CARD_EXPIRED"]


def test_all_reasons_are_kept_and_the_first_is_answered(bank: Bank) -> None:
    card = bank.issue_card(
        bank.open_account(100), expiry="2605", magstripe=False, atm=False,
        transaction_limit_minor=100, rolling_limit_minor=200, atm_limit_minor=300,
    )  # fmt: skip
    bank.set_card_status(card, "lost")
    bank.set_account_status(card, "blocked")
    outcome = bank.send(
        bank.record(
            card, processing_code="010000", entry="magstripe", pin_present=False, expiry="2701"
        )
    )[0]
    assert outcome.response_code == "41"
    assert outcome.reasons == [
        "CARD_LOST", "ACCOUNT_BLOCKED", "CARD_EXPIRED", "EXPIRY_MISMATCH", "PIN_MISSING",
        "OPTION_OFF", "TX_AMOUNT_LIMIT", "MONTH_LIMIT", "ATM_LIMIT", "INSUFFICIENT_FUNDS",
    ]  # fmt: skip
    assert bank.operations(card)[0].reasons == outcome.reasons


def test_cash_needs_a_pin_or_a_chip(bank: Bank, card: Card) -> None:
    cash = {"processing_code": "010000", "pin_present": False}
    assert bank.pay(card, 100, **cash, entry="chip") == "00"
    assert bank.pay(card, 100, **cash, entry="contactless") == "00"
    assert bank.pay(card, 100, **cash, entry="manual") == "70"
    assert bank.pay(card, 100, **(cash | {"pin_present": True}), entry="magstripe") == "00"


def test_a_message_that_cannot_be_read_is_declined_for_that_alone(bank: Bank, card: Card) -> None:
    bank.set_card_status(card, "stolen")
    outcome = bank.send(bank.record(card, format_error="4", amount_minor=None))[0]
    assert (outcome.response_code, outcome.reasons) == ("30", ["FORMAT_ERROR"])
    assert bank.operations(card)[0].format_error == "4"


def test_a_network_without_codes_of_its_own_hears_those_of_visa(bank: Bank, card: Card) -> None:
    bank.set_card_status(card, "not_activated")
    assert bank.code(bank.record(card, network="nobody_knows")) == "78"

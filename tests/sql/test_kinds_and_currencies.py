"""Refunds, credits, verifications, inquiries; currencies without and with three decimals."""

from __future__ import annotations

import pytest
from tests.sql.bank import Bank, Card

VERIFICATION = {"amount_minor": 0, "account_verification": True}


def test_yen_are_held_by_their_billing_amount(bank: Bank, card: Card) -> None:
    yen = {"amount_minor": 5000, "currency": "392"}
    assert bank.code(
        bank.record(card, **yen, billing_amount_minor=3050, billing_currency="978")
    ) == "00"  # fmt: skip
    assert bank.money(card) == (100_000, 3050, 96_950)
    assert bank.code(bank.record(card, amount_minor=5000, currency="840")) == "13"


def test_dinars_have_three_decimals(bank: Bank) -> None:
    card = bank.issue_card(bank.open_account(10_000, currency="414"))
    assert bank.pay(card, 9999, currency="414") == "00"
    assert bank.pay(card, 2, currency="414") == "51"
    assert bank.money(card) == (10_000, 9999, 1)


def test_a_billing_amount_without_its_currency_is_no_billing_amount(bank: Bank, card: Card) -> None:
    assert bank.pay(card, 1000, billing_amount_minor=5) == "00"
    assert bank.money(card).held == 1000


def test_a_verification_has_no_effect(bank: Bank, card: Card) -> None:
    outcome = bank.send(bank.record(card, **VERIFICATION))[0]
    assert (outcome.response_code, outcome.authorization_code) == ("85", None)
    bank.set_card_status(card, "frozen")
    assert bank.code(bank.record(card, **VERIFICATION)) == "62"
    assert bank.money(card) == (100_000, 0, 100_000)


def test_a_verification_needs_neither_money_nor_options(bank: Bank) -> None:
    card = bank.issue_card(bank.open_account(0), online=False, rolling_limit_minor=0)
    asked = bank.record(card, **VERIFICATION, entry="ecommerce", card_present=False)
    assert bank.code(asked) == "85"


def test_a_network_may_want_zero_zero_for_a_verification(bank: Bank, card: Card) -> None:
    bank.connection.execute("UPDATE cbs.network SET verification_approved_code = '00'")
    outcome = bank.send(bank.record(card, **VERIFICATION))[0]
    assert outcome.response_code == "00"
    assert outcome.authorization_code is not None


def test_the_mark_of_a_verification_on_an_amount_is_ignored(bank: Bank, card: Card) -> None:
    assert bank.pay(card, 1000, account_verification=True) == "00"
    assert bank.money(card).held == 1000


def test_a_refund_that_is_asked_for_moves_nothing(bank: Bank, card: Card) -> None:
    outcome = bank.send(bank.record(card, amount_minor=4000, processing_code="200000"))[0]
    assert outcome.response_code == "00"
    assert bank.money(card) == (100_000, 0, 100_000)


def test_a_financial_credit_arrives_at_once(bank: Bank, card: Card) -> None:
    assert bank.code(bank.record(card, "0200", amount_minor=4000, processing_code="200000")) == "00"
    assert bank.code(bank.record(card, "0200", amount_minor=9000, processing_code="260000")) == "00"
    assert bank.money(card) == (113_000, 0, 113_000)


@pytest.mark.parametrize(
    ("card_status", "account_status", "code"),
    [("frozen", "active", "00"), ("lost", "blocked", "00"), ("active", "closed", "46"),
     ("cancelled", "active", "46")],
)  # fmt: skip
def test_money_may_come_to_a_card_that_may_not_pay(
    bank: Bank, card: Card, card_status: str, account_status: str, code: str
) -> None:
    bank.set_card_status(card, card_status)
    bank.set_account_status(card, account_status)
    for message_type in ("0100", "0200"):
        assert bank.code(bank.record(card, message_type, processing_code="260000")) == code


def test_a_credit_that_is_taken_back_may_leave_less_than_nothing(bank: Bank) -> None:
    card = bank.issue_card(bank.open_account(0))
    credit = bank.record(card, "0200", amount_minor=1000, processing_code="260000")
    bank.send(credit)
    assert bank.pay(card, 800) == "00"
    bank.send(bank.reversal(credit))
    assert bank.money(card) == (0, 800, -800)


def test_an_inquiry_tells_ledger_and_available(bank: Bank, card: Card) -> None:
    bank.pay(card, 4000)
    inquiry = {"processing_code": "310000", "amount_minor": 0}
    outcome = bank.send(bank.record(card, **inquiry))[0]
    assert outcome.response_code == "00"
    assert outcome.additional_amounts == "0001978C0000001000000002978C000000096000"
    bank.send(bank.record(card, "0120", amount_minor=97_000))
    outcome = bank.send(bank.record(card, **inquiry | {"processing_code": "312000"}))[0]
    assert outcome.additional_amounts[20:] == "2002978D000000001000"
    assert bank.money(card).held == 101_000


def test_an_inquiry_may_come_without_an_amount(bank: Bank, card: Card) -> None:
    asked = bank.record(card, processing_code="300000", amount_minor=None, currency=None)
    assert bank.code(asked) == "00"

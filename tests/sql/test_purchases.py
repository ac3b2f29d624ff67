"""Requests that are approved, in full or in part, and what they hold and post."""

from __future__ import annotations

import pytest
from tests.sql.bank import Bank, Card


def test_an_approved_purchase_holds_its_amount(bank: Bank, card: Card) -> None:
    outcome = bank.send(bank.record(card, amount_minor=4250))[0]
    assert (outcome.response_code, outcome.reasons) == ("00", [])
    assert outcome.authorization_code.isalnum() and len(outcome.authorization_code) == 6
    assert outcome.account_id == card.account_id
    assert bank.money(card) == (100_000, 4250, 95_750)


def test_a_purchase_above_the_available_money_is_declined_and_stored(
    bank: Bank, card: Card
) -> None:
    assert bank.pay(card, 100_001) == "51"
    assert bank.money(card) == (100_000, 0, 100_000)
    assert bank.operations(card)[0].reasons == ["INSUFFICIENT_FUNDS"]


def test_the_last_cent_can_be_spent_once(bank: Bank, card: Card) -> None:
    assert bank.pay(card, 100_000) == "00"
    assert bank.pay(card, 1) == "51"
    assert bank.money(card) == (100_000, 100_000, 0)


def test_an_overdraft_is_money_too(bank: Bank) -> None:
    card = bank.issue_card(bank.open_account(5000, overdraft_minor=20_000))
    assert bank.pay(card, 24_000) == "00"
    assert bank.pay(card, 1001) == "51"
    assert bank.money(card) == (5000, 24_000, 1000)


def test_a_financial_request_is_posted_at_once(bank: Bank, card: Card) -> None:
    assert bank.code(bank.record(card, "0200", amount_minor=6000)) == "00"
    assert bank.money(card) == (94_000, 0, 94_000)


def test_two_cards_of_one_account_share_its_money(bank: Bank, card: Card) -> None:
    second = bank.issue_card(card.account_id)
    assert bank.pay(card, 60_000) == "00"
    assert bank.pay(second, 60_000) == "51"


def test_a_fuel_pump_gets_what_there_is_and_the_completion_sets_it(bank: Bank) -> None:
    card = bank.issue_card(bank.open_account(8000))
    pump = bank.record(
        card, amount_minor=15_000, partial_approval=True, merchant_category_code="5542"
    )
    outcome = bank.send(pump)[0]
    assert (outcome.response_code, outcome.amount_minor) == ("10", 8000)
    assert outcome.additional_amounts == "0057978C000000015000"
    assert (outcome.billing_amount_minor, outcome.billing_currency) == (None, None)
    assert outcome.reasons == ["INSUFFICIENT_FUNDS"]
    assert bank.money(card) == (8000, 8000, 0)
    assert bank.code(bank.advice(pump, amount_minor=7215)) == "00"
    assert bank.money(card) == (8000, 7215, 785)


def test_without_the_flag_nothing_is_approved_in_part(bank: Bank) -> None:
    card = bank.issue_card(bank.open_account(8000))
    assert bank.pay(card, 15_000) == "51"
    assert bank.money(card) == (8000, 0, 8000)


def test_a_partial_approval_keeps_within_the_rolling_limit(bank: Bank) -> None:
    card = bank.issue_card(bank.open_account(100_000), rolling_limit_minor=30_000)
    outcome = bank.send(bank.record(card, amount_minor=50_000, partial_approval=True))[0]
    assert (outcome.response_code, outcome.amount_minor) == ("10", 30_000)
    assert outcome.reasons == ["MONTH_LIMIT"]


def test_a_partial_approval_in_another_currency_is_rounded_down(bank: Bank) -> None:
    card = bank.issue_card(bank.open_account(1000))
    request = bank.record(
        card, amount_minor=5000, currency="392", billing_amount_minor=3050,
        billing_currency="978", partial_approval=True,
    )  # fmt: skip
    outcome = bank.send(request)[0]
    assert (outcome.response_code, outcome.amount_minor) == ("10", 1639)
    assert (outcome.billing_amount_minor, outcome.billing_currency) == (1000, "978")
    assert outcome.additional_amounts == "0057392C0000000050000057978C000000003050"
    assert bank.money(card).held == 1000


@pytest.mark.parametrize("processing_code", ["010000", "100000", "110000", "170000"])
def test_only_purchases_and_cash_back_are_approved_in_part(
    bank: Bank, processing_code: str
) -> None:
    card = bank.issue_card(bank.open_account(500))
    request = bank.record(card, processing_code=processing_code, partial_approval=True)
    assert bank.code(request) == "51"


def test_a_hard_reason_prevents_a_partial_approval(bank: Bank) -> None:
    card = bank.issue_card(bank.open_account(500), transaction_limit_minor=800)
    request = bank.record(card, partial_approval=True)
    assert bank.send(request)[0].reasons == ["TX_AMOUNT_LIMIT", "INSUFFICIENT_FUNDS"]
    assert bank.money(card).held == 0


def test_nothing_is_approved_in_part_where_nothing_is_left(bank: Bank) -> None:
    card = bank.issue_card(bank.open_account(0))
    assert bank.pay(card, 1000, partial_approval=True) == "51"


def test_an_authorization_code_follows_from_the_key_alone(bank: Bank, card: Card) -> None:
    record = bank.record(card)
    codes = {bank.send(record)[0].authorization_code for _ in range(2)}
    bank.void(record)
    assert len(codes) == 1
    assert bank.send(record)[0].authorization_code not in codes

"""Advices: what the network decided in our place, completions, and answers that never left."""

from __future__ import annotations

import pytest
from tests.sql.bank import Bank, Card, fresh_token


def test_a_completion_sets_the_hold(bank: Bank, card: Card) -> None:
    pump = bank.record(card, amount_minor=15_000, merchant_category_code="5542")
    bank.send(pump)
    assert bank.money(card) == (100_000, 15_000, 85_000)
    assert bank.code(bank.advice(pump, amount_minor=6320)) == "00"
    assert bank.money(card) == (100_000, 6320, 93_680)


def test_a_financial_completion_posts_and_releases_the_rest_once(bank: Bank, card: Card) -> None:
    request = bank.record(card, amount_minor=10_000)
    completion = bank.advice(request, "0220", amount_minor=6400)
    bank.send(request, completion, completion | {"message_type": "0221"})
    assert bank.outcomes[-1].is_replay
    assert bank.money(card) == (93_600, 0, 93_600)


def test_the_network_declined_what_we_had_approved(bank: Bank, card: Card) -> None:
    request = bank.record(card, amount_minor=4000, lifecycle_id="41")
    bank.send(request)
    assert bank.code(bank.advice(request, advice_response_code="05")) == "00"
    assert bank.money(card) == (100_000, 0, 100_000)
    assert bank.reasons(request | {"message_type": "0101"}) == ["REVERSED"]


def test_the_network_approved_what_we_had_declined(bank: Bank, card: Card) -> None:
    request = bank.record(card, amount_minor=200_000)
    assert bank.code(request) == "51"
    assert bank.code(bank.advice(request)) == "00"
    assert bank.money(card) == (100_000, 200_000, -100_000)
    assert bank.exceptions(card) == ["FORCED_HOLD", "NEGATIVE_BALANCE"]


def test_an_advice_of_what_we_approved_too_holds_once(bank: Bank, card: Card) -> None:
    request = bank.record(card, amount_minor=4000)
    bank.send(request, bank.advice(request, amount_minor=4500))
    assert bank.money(card).held == 4500
    assert bank.exceptions(card) == ["OVER_COMPLETION"]


def test_an_advice_sent_five_times_is_booked_once(bank: Bank) -> None:
    card = bank.issue_card(bank.open_account(2000), rolling_limit_minor=6000)
    advice = bank.record(card, "0120", amount_minor=5000, advice_response_code="00")
    bank.send(advice, *[advice | {"message_type": "0121"}] * 5)
    assert [each.response_code for each in bank.outcomes] == ["00"] * 6
    assert bank.money(card) == (2000, 5000, -3000)
    assert [row.exceptions for row in bank.operations(card)] == [
        ["FORCED_HOLD", "NEGATIVE_BALANCE"]
    ]
    assert "MONTH_LIMIT" in bank.reasons(bank.record(card, amount_minor=1001))


def test_a_request_after_its_advice_gets_the_same_decision_and_no_second_hold(
    bank: Bank, card: Card
) -> None:
    request = bank.record(card, amount_minor=4000)
    bank.send(bank.advice(request))
    outcome = bank.send(request)[0]
    assert (outcome.response_code, outcome.is_replay) == ("00", False)
    assert bank.money(card).held == 4000
    assert bank.exceptions(card) == ["ANSWERED_BY_ADVICE"]


def test_a_request_after_a_declining_advice_hears_the_code_of_the_advice(
    bank: Bank, card: Card
) -> None:
    request = bank.record(card)
    bank.send(bank.advice(request, advice_response_code="57"))
    assert bank.code(request) == "57"
    assert bank.money(card).held == 0


def test_a_request_after_a_partial_advice_hears_its_amount(bank: Bank, card: Card) -> None:
    request = bank.record(card, amount_minor=10_000)
    bank.send(bank.advice(request, amount_minor=4000, advice_response_code="10"))
    outcome = bank.send(request)[0]
    assert (outcome.response_code, outcome.amount_minor) == ("10", 4000)


@pytest.mark.parametrize("status", ["frozen", "cancelled", "stolen"])
def test_an_advice_is_booked_on_a_card_that_may_not_pay(
    bank: Bank, card: Card, status: str
) -> None:
    bank.set_card_status(card, status)
    bank.set_account_status(card, "closed")
    for message_type in ("0120", "0220"):
        assert bank.code(bank.record(card, message_type)) == "00"
    assert bank.money(card) == (99_000, 1000, 98_000)


def test_an_advice_for_an_unknown_card_is_recorded(bank: Bank) -> None:
    stranger = Card(fresh_token())
    assert bank.code(bank.record(stranger, "0220")) == "00"
    assert bank.exceptions(stranger) == ["UNKNOWN_CARD"]


def test_an_advice_in_another_currency_is_scaled_as_its_request_was(bank: Bank, card: Card) -> None:
    request = bank.record(
        card, amount_minor=10_000, currency="840", billing_amount_minor=9001,
        billing_currency="978",
    )  # fmt: skip
    bank.send(request, bank.advice(request, amount_minor=5000))
    assert bank.money(card).held == 4501


def test_an_advice_without_usable_amount_is_recorded(bank: Bank, card: Card) -> None:
    assert bank.code(bank.record(card, "0120", currency="840")) == "00"
    assert bank.exceptions(card) == ["NO_BILLING_AMOUNT"]
    assert bank.money(card).held == 0


def test_an_advice_of_nothing_releases_everything(bank: Bank, card: Card) -> None:
    request = bank.record(card)
    bank.send(request, bank.advice(request, amount_minor=0))
    assert bank.money(card).held == 0
    assert bank.reasons(request) == ["REVERSED"]


def test_an_advice_reopens_a_reversed_chain(bank: Bank, card: Card) -> None:
    request = bank.record(card, lifecycle_id="5")
    bank.send(request, bank.reversal(request), bank.advice(request))
    assert bank.money(card).held == 1000
    assert bank.exceptions(card) == ["REOPENED"]


def test_a_credit_advice_brings_money_and_releases_no_purchase(bank: Bank, card: Card) -> None:
    request = bank.record(card, amount_minor=4000, lifecycle_id="6")
    bank.send(request)
    credit = bank.record(card, "0220", processing_code="200000", lifecycle_id="6")
    assert bank.code(credit) == "00"
    assert bank.money(card) == (101_000, 4000, 97_000)


def test_an_approval_that_never_left_is_released_and_decided_afresh(bank: Bank, card: Card) -> None:
    request = bank.record(card, amount_minor=4250)
    bank.send(request)
    bank.void(request, request)
    assert bank.money(card) == (100_000, 0, 100_000)
    outcome = bank.send(request | {"message_type": "0101"})[0]
    assert (outcome.response_code, outcome.is_replay) == ("00", False)
    assert [row.attempt for row in bank.operations(card)] == [1, -1, 2]
    assert bank.money(card) == (100_000, 4250, 95_750)
    assert bank.send(request)[0].is_replay


def test_a_copy_that_got_no_answer_does_not_take_back_what_another_copy_got(
    bank: Bank, card: Card
) -> None:
    request = bank.record(card, amount_minor=10_00)
    bank.send(request)
    bank.void(request | {"trace_id": b"another message."})
    assert bank.money(card).held == 10_00
    assert bank.problems() == []


def test_a_message_that_calls_itself_a_repeat_is_voided_where_it_was_the_first(
    bank: Bank, card: Card
) -> None:
    repeat = bank.record(card, "0101", amount_minor=10_00)
    assert not bank.send(repeat)[0].is_replay
    bank.void(repeat)
    assert bank.money(card).held == 0
    assert bank.problems() == []


def test_where_the_copy_is_not_known_the_newest_approval_is_voided(bank: Bank, card: Card) -> None:
    request = bank.record(card, amount_minor=10_00)
    bank.send(request)
    bank.void(request | {"trace_id": b"another message."}, is_copy_known=False)
    assert bank.money(card).held == 0


def test_a_posting_that_never_left_is_given_back(bank: Bank, card: Card) -> None:
    request = bank.record(card, "0200", amount_minor=4250)
    bank.send(request)
    bank.void(request)
    assert bank.money(card) == (100_000, 0, 100_000)


def test_what_cannot_be_voided_is_left_alone(bank: Bank, card: Card) -> None:
    declined = bank.record(card, amount_minor=10**9)
    stood_in = bank.record(card, amount_minor=100)
    reversed_ = bank.record(card, amount_minor=200)
    bank.send(declined, stood_in, bank.advice(stood_in), reversed_, bank.reversal(reversed_))
    count = len(bank.operations(card))
    bank.void(declined, stood_in, reversed_, bank.record(card), bank.record(Card(b"none")))
    assert len(bank.operations(card)) == count
    assert bank.money(card).held == 100


def test_a_reversal_of_what_never_left_keeps_a_repeat_from_holding(bank: Bank, card: Card) -> None:
    request = bank.record(card)
    bank.send(request)
    bank.void(request)
    bank.send(bank.reversal(request))
    assert bank.reasons(request | {"message_type": "0101"}) == ["REVERSED_BEFORE_ORIGINAL"]
    assert bank.money(card).held == 0

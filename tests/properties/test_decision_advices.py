"""Stand-in advices, completions and replies that never left, on the model and on the SQL."""

from __future__ import annotations

from typing import Any

import pytest
from tests.model.banks import Bank, new_card_token
from tests.model.holder import Holder
from tests.model.messages import INQUIRY, repeat


def test_an_advice_with_the_key_of_another_is_booked_once(bank: Bank) -> None:
    holder = Holder.with_money(bank)
    advice = holder.message("0120", amount_minor=1000)
    holder.send(advice)
    other = repeat(advice, holder.now, amount_minor=2000)
    assert [holder.send(other).response_code for _ in range(3)] == ["00"] * 3
    held = holder.balances.held_minor
    holder.send(advice)
    assert holder.balances.held_minor == held == 3000


def test_a_stand_in_approval_holds_even_what_is_not_there(bank: Bank) -> None:
    holder = Holder.with_money(bank, 2000)
    advice = holder.message("0120", amount_minor=5000, advice_response_code="00")
    codes = [holder.send(advice).response_code]
    codes += [holder.repeat(advice).response_code for _ in range(5)]
    assert codes == ["00"] * 6
    assert holder.balances == (2000, 5000, -3000)


@pytest.mark.parametrize("is_advice_first", [False, True])
def test_our_approval_and_the_stand_in_advice_hold_the_advised_amount(
    bank: Bank, is_advice_first: bool
) -> None:
    holder = Holder.with_money(bank)
    request = holder.message("0100", amount_minor=4000, lifecycle_id="123")
    advice = holder.message(
        "0120", amount_minor=4500, lifecycle_id="123", advice_response_code="00"
    )
    for record in [advice, request] if is_advice_first else [request, advice]:
        assert holder.send(record).response_code == "00"
    assert holder.balances == (100_000, 4500, 95_500)


def test_a_stand_in_decline_releases_what_we_had_approved(bank: Bank) -> None:
    holder = Holder.with_money(bank)
    request = holder.message("0100", amount_minor=4000, lifecycle_id="123")
    holder.send(request)
    advice = holder.message(
        "0120", amount_minor=4000, lifecycle_id="123", advice_response_code="51"
    )
    assert holder.send(advice).response_code == "00"
    assert holder.balances == (100_000, 0, 100_000)


def test_a_request_after_its_stand_in_decline_is_declined_alike(bank: Bank) -> None:
    holder = Holder.with_money(bank)
    request = holder.message("0100", amount_minor=4000)
    advice = holder.message("0120", amount_minor=4000, stan=request.stan, advice_response_code="51")
    holder.send(advice)
    assert holder.send(request).response_code == "51"
    assert holder.balances == (100_000, 0, 100_000)


def test_an_approved_advice_reopens_a_reversed_purchase(bank: Bank) -> None:
    holder = Holder.with_money(bank)
    request, _ = holder.pay(4000, lifecycle_id="123")
    holder.reverse(request)
    holder.send(
        holder.message("0120", amount_minor=4000, lifecycle_id="123", advice_response_code="00")
    )
    assert holder.balances == (100_000, 4000, 96_000)


def test_a_completion_posts_its_amount_and_frees_the_rest(bank: Bank) -> None:
    holder = Holder.with_money(bank)
    holder.pay(10_000, lifecycle_id="123")
    completion = holder.message("0220", amount_minor=6400, lifecycle_id="123")
    holder.send(completion)
    assert holder.balances == (93_600, 0, 93_600)
    holder.repeat(completion)
    assert holder.balances == (93_600, 0, 93_600)


def test_a_completion_advice_lowers_the_hold_to_the_final_amount(bank: Bank) -> None:
    holder = Holder.with_money(bank)
    holder.pay(15_000, lifecycle_id="123", merchant_category_code="5542")
    holder.send(holder.message("0120", amount_minor=6320, lifecycle_id="123"))
    assert holder.balances == (100_000, 6320, 93_680)


@pytest.mark.parametrize("card_status", ["frozen", "stolen", "cancelled"])
def test_an_advice_is_booked_whatever_the_state_of_the_card(bank: Bank, card_status: str) -> None:
    holder = Holder.with_money(bank)
    bank.set_card_status(holder.card_token, card_status, holder.now)
    bank.set_account_status(holder.account_id, "closed", holder.now)
    assert holder.code("0120", 1000) == "00"
    assert holder.code("0220", 3000) == "00"
    assert holder.balances == (97_000, 1000, 96_000)


def test_what_concerns_an_unknown_card_is_acknowledged_and_books_nothing(bank: Bank) -> None:
    holder = Holder.with_money(bank)
    unknown = holder.message("0220", amount_minor=1000, card_token=new_card_token())
    assert holder.send(unknown).response_code == "00"
    assert holder.reverse(unknown).response_code == "00"
    assert bank.balances(0) == (0, 0, 0)


def test_a_reversal_under_an_unsent_reply_keeps_a_later_repeat_from_holding(
    bank: Bank,
) -> None:
    holder = Holder.with_money(bank)
    record, _ = holder.pay(6000)
    bank.void_unsent([record], holder.now)
    holder.reverse(record)
    assert holder.repeat(record).response_code == "05"
    assert holder.balances == (100_000, 0, 100_000)


def test_a_repeat_of_an_approval_that_never_left_is_decided_afresh(bank: Bank) -> None:
    holder = Holder.with_money(bank)
    record, _ = holder.pay(4250)
    bank.void_unsent([record], holder.now)
    bank.void_unsent([record], holder.now)
    assert holder.balances == (100_000, 0, 100_000)
    again = holder.repeat(record)
    assert (again.response_code, again.is_replay) == ("00", False)
    assert holder.repeat(record).is_replay
    assert holder.balances == (100_000, 4250, 95_750)


def test_an_unsent_approval_is_not_taken_back_once_the_network_stood_in(bank: Bank) -> None:
    holder = Holder.with_money(bank)
    record, _ = holder.pay(4000, lifecycle_id="123")
    holder.send(
        holder.message("0120", amount_minor=4500, lifecycle_id="123", advice_response_code="00")
    )
    bank.void_unsent([record], holder.now)
    assert holder.balances == (100_000, 4500, 95_500)
    assert holder.repeat(record).response_code == "00"
    assert holder.balances == (100_000, 4500, 95_500)


def test_a_repeat_after_void_and_stand_in_does_not_hold_twice(bank: Bank) -> None:
    holder = Holder.with_money(bank)
    record, _ = holder.pay(4000, lifecycle_id="123")
    bank.void_unsent([record], holder.now)
    holder.send(
        holder.message("0120", amount_minor=4000, lifecycle_id="123", advice_response_code="00")
    )
    assert holder.repeat(record).response_code == "00"
    assert holder.balances == (100_000, 4000, 96_000)


def test_a_voided_financial_request_gives_the_money_back(bank: Bank) -> None:
    holder = Holder.with_money(bank)
    record = holder.message("0200", amount_minor=4250)
    holder.send(record)
    bank.void_unsent([record], holder.now)
    assert holder.balances == (100_000, 0, 100_000)
    assert holder.repeat(record).response_code == "00"
    assert holder.balances == (95_750, 0, 95_750)


def test_a_void_after_a_reversal_does_not_let_a_repeat_hold(bank: Bank) -> None:
    holder = Holder.with_money(bank)
    record, _ = holder.pay(6000)
    holder.reverse(record)
    bank.void_unsent([record], holder.now)
    assert holder.repeat(record).response_code == "05"
    assert holder.balances == (100_000, 0, 100_000)


def test_a_partial_reversal_under_an_unsent_reply_bounds_what_a_repeat_holds(bank: Bank) -> None:
    holder = Holder.with_money(bank)
    record, _ = holder.pay(6000)
    bank.void_unsent([record], holder.now)
    holder.reverse(record, replacement_amount_minor=3000)
    assert holder.repeat(record).response_code == "00"
    assert holder.balances == (100_000, 3000, 97_000)


def test_a_request_after_reversal_and_stand_in_approval_is_not_approved(bank: Bank) -> None:
    holder = Holder.with_money(bank)
    request = holder.message("0100", amount_minor=6000)
    holder.reverse(request)
    holder.send(
        holder.message("0120", amount_minor=6000, stan=request.stan, advice_response_code="00")
    )
    assert holder.balances == (100_000, 0, 100_000)
    assert holder.send(request).response_code == "05"
    assert holder.balances == (100_000, 0, 100_000)


@pytest.mark.parametrize(
    "unbooked", [{"format_error": "4"}, {"currency": "840"}, {"processing_code": "990000"}]
)
def test_an_advice_that_booked_nothing_does_not_answer_for_us(
    bank: Bank, unbooked: dict[str, str]
) -> None:
    holder = Holder.with_money(bank)
    request = holder.message("0100", amount_minor=6000)
    advice = {"amount_minor": 6000, "stan": request.stan, "advice_response_code": "00"}
    holder.send(holder.message("0120", **{**advice, **unbooked}))
    assert holder.send(request).response_code == "00"
    assert holder.balances == (100_000, 6000, 94_000)


def test_an_increment_of_a_purchase_that_the_network_approved_is_decided_by_us(bank: Bank) -> None:
    holder = Holder.with_money(bank)
    holder.send(
        holder.message("0120", amount_minor=20_000, lifecycle_id="123", advice_response_code="00")
    )
    assert holder.code("0100", 500_000, lifecycle_id="123", reason_code="3900") == "51"
    assert holder.code("0100", 5000, lifecycle_id="123", reason_code="3900") == "00"
    assert holder.balances == (100_000, 25_000, 75_000)


def test_a_financial_request_after_an_advice_to_hold_posts(bank: Bank) -> None:
    holder = Holder.with_money(bank)
    holder.send(
        holder.message("0120", amount_minor=4000, lifecycle_id="123", advice_response_code="00")
    )
    assert holder.code("0200", 4000, lifecycle_id="123") == "00"
    assert holder.balances.ledger_minor == 96_000


def test_a_request_after_its_completion_is_not_held_besides(bank: Bank) -> None:
    holder = Holder.with_money(bank)
    holder.send(holder.message("0220", amount_minor=4000, lifecycle_id="123"))
    assert holder.code("0100", 4000, lifecycle_id="123") == "00"
    assert holder.balances == (96_000, 0, 96_000)


def test_a_request_after_a_partial_stand_in_approval_is_approved_for_that_part(bank: Bank) -> None:
    holder = Holder.with_money(bank)
    request = holder.message("0100", amount_minor=10_000)
    part = holder.message("0120", amount_minor=4000, stan=request.stan, advice_response_code="10")
    holder.send(part)
    outcome = holder.send(request)
    assert (outcome.response_code, outcome.amount_minor) == ("10", 4000)
    assert holder.balances == (100_000, 4000, 96_000)


def test_a_purchase_is_not_approved_again_after_its_completion_of_nothing(bank: Bank) -> None:
    holder = Holder.with_money(bank)
    record, _ = holder.pay(15_000, lifecycle_id="123")
    holder.send(holder.message("0120", amount_minor=0, lifecycle_id="123"))
    assert holder.balances == (100_000, 0, 100_000)
    assert holder.repeat(record).response_code == "05"


@pytest.mark.parametrize(
    "first",
    [
        {"amount_minor": 0, "account_verification": True},
        {"amount_minor": 0, "processing_code": INQUIRY},
        {"amount_minor": 100, "processing_code": "990000"},
    ],
)
def test_a_stand_in_approval_counts_against_the_limit_whatever_had_its_life_cycle_id(
    bank: Bank, first: dict[str, Any]
) -> None:
    holder = Holder.with_money(bank, rolling_limit_minor=1000)
    holder.send(holder.message("0100", lifecycle_id="123", **first))
    holder.code("0120", 900, lifecycle_id="123")
    assert [holder.code("0100", amount) for amount in (101, 100)] == ["61", "00"]


def test_a_request_after_a_stand_in_approval_that_was_reversed_is_not_approved(bank: Bank) -> None:
    holder = Holder.with_money(bank)
    request = holder.message("0100", amount_minor=6000)
    advice = holder.message("0120", amount_minor=6000, stan=request.stan, lifecycle_id="123")
    holder.send(advice)
    holder.reverse(advice, original_message_type=None, lifecycle_id="123")
    assert holder.balances.held_minor == 0
    assert holder.send(request).response_code == "05"
    assert holder.balances == (100_000, 0, 100_000)


def test_advices_of_one_key_and_three_contents_are_three_each_booked_once(bank: Bank) -> None:
    holder = Holder.with_money(bank)
    advice = holder.message("0120", amount_minor=1000)
    others = [repeat(advice, holder.now, amount_minor=amount) for amount in (2000, 4000)]
    for record in [advice, *others, *others, advice]:
        assert holder.send(record).response_code == "00"
    assert holder.balances == (100_000, 7000, 93_000)


def test_a_stand_in_advice_for_an_increment_settles_that_increment(bank: Bank) -> None:
    holder = Holder.with_money(bank)
    holder.pay(20_000, lifecycle_id="123")
    increment, _ = holder.pay(10_000, lifecycle_id="123", reason_code="3900")
    holder.pay(5000, lifecycle_id="123", reason_code="3900")
    advice = {"stan": increment.stan, "lifecycle_id": "123", "advice_response_code": "00"}
    holder.send(holder.message("0120", amount_minor=10_000, **advice))
    assert holder.balances.held_minor == 35_000

"""Reversals before and after their originals, decided by the model and by the SQL alike."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations

import pytest
from tests.model.banks import Bank
from tests.model.holder import Holder
from tests.model.messages import REFUND, repeat, reversal


def test_a_partial_reversal_leaves_the_new_total_held(bank: Bank) -> None:
    holder = Holder.with_money(bank)
    record, _ = holder.pay(60_000)
    first = holder.reverse(record, replacement_amount_minor=30_000, stan="555555")
    assert first.response_code == "00"
    assert holder.balances == (100_000, 30_000, 70_000)
    for message_type in ("0421", "0421", "0420"):
        again = holder.reverse(
            record,
            replacement_amount_minor=30_000,
            stan="555555",
            message_type=message_type,
        )
        assert again.response_code == "00"
        assert again.is_replay
    assert holder.balances == (100_000, 30_000, 70_000)


def test_replacement_amounts_are_new_totals_and_not_differences(bank: Bank) -> None:
    holder = Holder.with_money(bank)
    record, _ = holder.pay(60_000)
    held = []
    for total in (40_000, 15_000, 0):
        holder.reverse(record, replacement_amount_minor=total)
        held.append(holder.balances.held_minor)
    assert held == [40_000, 15_000, 0]


@pytest.mark.parametrize("billing_part", [None, 0])
def test_a_replacement_without_billing_part_is_scaled_at_the_rate_of_the_sale(
    bank: Bank, billing_part: int | None
) -> None:
    holder = Holder.with_money(bank)
    record, _ = holder.pay(
        66_000, currency="840", billing_amount_minor=60_000, billing_currency="978"
    )
    holder.reverse(
        record,
        replacement_amount_minor=33_000,
        replacement_billing_amount_minor=billing_part,
    )
    assert holder.balances == (100_000, 30_000, 70_000)


@pytest.mark.parametrize(("message_type", "code"), [("0400", "13"), ("0420", "00")])
def test_a_replacement_above_the_hold_changes_nothing(
    bank: Bank, message_type: str, code: str
) -> None:
    holder = Holder.with_money(bank)
    record, _ = holder.pay(5000)
    outcome = holder.reverse(record, replacement_amount_minor=5001, message_type=message_type)
    assert outcome.response_code == code
    assert holder.balances == (100_000, 5000, 95_000)


def test_a_second_full_reversal_under_another_key_changes_nothing(bank: Bank) -> None:
    holder = Holder.with_money(bank)
    record, _ = holder.pay(7500)
    assert [holder.reverse(record).response_code for _ in range(2)] == ["00", "00"]
    assert holder.balances == (100_000, 0, 100_000)


def test_a_financial_request_posts_and_its_reversal_posts_back(bank: Bank) -> None:
    holder = Holder.with_money(bank)
    record = holder.message("0200", amount_minor=6000)
    assert holder.send(record).response_code == "00"
    assert holder.balances == (94_000, 0, 94_000)
    holder.reverse(record, replacement_amount_minor=2000, stan="777777")
    assert holder.balances == (98_000, 0, 98_000)
    holder.reverse(record, replacement_amount_minor=2000, stan="777777", message_type="0421")
    assert holder.balances == (98_000, 0, 98_000)


def test_a_reversal_that_names_another_cards_purchase_moves_nothing(bank: Bank) -> None:
    holder, other = Holder.with_money(bank), Holder.with_money(bank)
    record, _ = other.pay(1000)
    assert holder.reverse(record, card_token=holder.card_token).response_code == "00"
    assert holder.balances == (100_000, 0, 100_000)
    assert other.balances == (100_000, 1000, 99_000)


def test_a_reversal_that_names_nothing_is_a_format_error(bank: Bank) -> None:
    holder = Holder.with_money(bank)
    record = holder.message("0420", amount_minor=1000, acquirer_id="12345")
    outcome = holder.send(record)
    assert (outcome.response_code, outcome.reasons) == ("30", frozenset({"FORMAT_ERROR"}))


def test_an_original_that_comes_after_its_reversal_is_declined(bank: Bank) -> None:
    holder = Holder.with_money(bank)
    original = holder.message("0100", amount_minor=6000)
    assert holder.reverse(original).response_code == "00"
    outcome = holder.send(original)
    assert outcome.response_code == "05"
    assert outcome.reasons == {"REVERSED_BEFORE_ORIGINAL"}
    assert holder.balances == (100_000, 0, 100_000)


def test_a_tombstone_is_forgotten_after_ten_days(bank: Bank) -> None:
    holder = Holder.with_money(bank)
    late = holder.message("0100", amount_minor=6000)
    later = holder.message("0100", amount_minor=500)
    holder.reverse(late)
    holder.reverse(later)
    holder.wait(timedelta(days=10) - timedelta(microseconds=1))
    assert holder.send(late).response_code == "05"
    holder.wait(timedelta(microseconds=1))
    assert holder.send(later).response_code == "00"


def test_an_original_that_comes_after_its_partial_reversal_holds_the_new_total(
    bank: Bank,
) -> None:
    holder = Holder.with_money(bank)
    original = holder.message(
        "0100",
        amount_minor=66_000,
        currency="840",
        billing_amount_minor=60_000,
        billing_currency="978",
    )
    holder.reverse(original, replacement_amount_minor=33_000)
    assert holder.send(original).response_code == "00"
    assert holder.balances == (100_000, 30_000, 70_000)


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_original_reversal_and_their_repeats_end_without_a_hold_in_any_order(
    bank: Bank, order: tuple[int, ...]
) -> None:
    holder = Holder.with_money(bank)
    original = holder.message("0100", amount_minor=6000)
    taken_back = reversal(original, holder.now)
    messages = [
        original,
        repeat(original, holder.now),
        taken_back,
        repeat(taken_back, holder.now),
    ]
    for index in order:
        holder.send(messages[index])
    assert holder.balances == (100_000, 0, 100_000)


def test_an_approval_is_not_given_again_for_a_reversed_purchase(bank: Bank) -> None:
    holder = Holder.with_money(bank)
    record, _ = holder.pay(6000)
    holder.reverse(record)
    outcome = holder.repeat(record)
    assert (outcome.response_code, outcome.reasons) == ("05", frozenset({"REVERSED"}))
    assert holder.balances == (100_000, 0, 100_000)


def test_a_reversal_that_shares_the_stan_of_its_original_is_a_message_of_its_own(
    bank: Bank,
) -> None:
    holder = Holder.with_money(bank)
    record, _ = holder.pay(1000)
    outcome = holder.reverse(record, stan=record.stan)
    assert not outcome.is_replay
    assert holder.balances == (100_000, 0, 100_000)


def test_a_refund_with_the_ids_of_its_purchase_leaves_the_hold_alone(bank: Bank) -> None:
    holder = Holder.with_money(bank)
    holder.pay(5000, lifecycle_id="123")
    holder.code("0220", 2000, processing_code=REFUND, lifecycle_id="123")
    assert holder.balances == (102_000, 5000, 97_000)


def test_a_reversed_refund_leaves_the_purchase_of_the_same_ids_alone(bank: Bank) -> None:
    holder = Holder.with_money(bank)
    holder.pay(5000, lifecycle_id="123")
    refund = holder.message("0200", amount_minor=2000, processing_code=REFUND, lifecycle_id="123")
    holder.send(refund)
    holder.reverse(refund, lifecycle_id="123")
    assert holder.balances == (100_000, 5000, 95_000)


def test_a_reversal_without_our_ids_is_matched_by_its_original_data_alone(bank: Bank) -> None:
    holder = Holder.with_money(bank)
    record, _ = holder.pay(5000, lifecycle_id="123", retrieval_reference="616612000001")
    assert holder.reverse(record, acquirer_id=None).response_code == "00"
    assert holder.balances == (100_000, 0, 100_000)


@pytest.mark.parametrize("missing", ["original_transmitted_at_us", "original_acquirer_id"])
def test_a_part_of_the_original_data_that_is_missing_is_not_compared(
    bank: Bank, missing: str
) -> None:
    holder = Holder.with_money(bank)
    other, _ = holder.pay(700)
    record, _ = holder.pay(5000)
    holder.reverse(record, **{missing: None})
    assert holder.balances == (100_000, 700, 99_300)
    assert other.stan != record.stan


def test_a_stan_alone_finds_nothing(bank: Bank) -> None:
    holder = Holder.with_money(bank)
    record, _ = holder.pay(5000)
    outcome = holder.reverse(record, original_transmitted_at_us=None, original_acquirer_id=None)
    assert outcome.response_code == "30"
    assert holder.balances == (100_000, 5000, 95_000)


@pytest.mark.parametrize(("message_type", "code"), [("0400", "21"), ("0420", "00")])
def test_reversing_the_request_of_a_completed_purchase_comes_too_late(
    bank: Bank, message_type: str, code: str
) -> None:
    holder = Holder.with_money(bank)
    record, _ = holder.pay(10_000, lifecycle_id="123")
    holder.send(holder.message("0220", amount_minor=6400, lifecycle_id="123"))
    assert holder.reverse(record, message_type=message_type).response_code == code
    assert holder.balances == (93_600, 0, 93_600)


def test_reversing_a_completion_posts_it_back(bank: Bank) -> None:
    holder = Holder.with_money(bank)
    holder.pay(10_000, lifecycle_id="123")
    completion = holder.message("0220", amount_minor=6400, lifecycle_id="123")
    holder.send(completion)
    holder.reverse(completion)
    assert holder.balances == (100_000, 0, 100_000)


def test_a_second_reversal_of_a_refund_does_not_reach_its_purchase(bank: Bank) -> None:
    holder = Holder.with_money(bank)
    holder.pay(5000, lifecycle_id="123")
    refund = holder.message("0200", amount_minor=2000, processing_code=REFUND, lifecycle_id="123")
    holder.send(refund)
    for _ in range(2):
        assert holder.reverse(refund, lifecycle_id="123").response_code == "00"
    assert holder.balances == (100_000, 5000, 95_000)


@pytest.mark.parametrize(
    ("replacements", "held_minor"),
    [([None, 4000], 0), ([4000, None], 0), ([4000, 6000], 4000), ([6000, 4000], 4000)],
)
def test_of_several_reversals_before_their_original_the_least_total_stands(
    bank: Bank, replacements: list[int | None], held_minor: int
) -> None:
    holder = Holder.with_money(bank)
    original = holder.message("0100", amount_minor=10_000)
    for replacement in replacements:
        holder.reverse(original, replacement_amount_minor=replacement)
    holder.send(original)
    assert holder.balances.held_minor == held_minor


def test_a_replacement_takes_the_rate_of_the_advice_where_the_request_had_none(bank: Bank) -> None:
    holder = Holder.with_money(bank)
    record, _ = holder.pay(6600, currency="840", lifecycle_id="123")
    converted = {"billing_amount_minor": 6000, "billing_currency": "978"}
    holder.send(
        holder.message("0120", amount_minor=6600, currency="840", lifecycle_id="123", **converted)
    )
    holder.reverse(record, replacement_amount_minor=3300)
    assert holder.balances == (100_000, 3000, 97_000)


def test_of_two_open_purchases_with_one_stan_the_newer_is_reversed(bank: Bank) -> None:
    holder = Holder.with_money(bank)
    holder.pay(700, stan="000042")
    holder.wait(timedelta(minutes=1))
    record, _ = holder.pay(5000, stan="000042")
    holder.reverse(record, original_transmitted_at_us=None)
    assert holder.balances.held_minor == 700
    holder.reverse(record, original_transmitted_at_us=None)
    assert holder.balances.held_minor == 0


@pytest.mark.parametrize(
    ("named", "days_max"),
    [
        ({"lifecycle_id": "123"}, 45),
        ({"retrieval_reference": "616612000001", "acquirer_id": "12345"}, 30),
    ],
)
def test_an_id_finds_its_original_for_so_many_days_and_no_longer(
    bank: Bank, named: dict[str, str], days_max: int
) -> None:
    nothing_else = {"original_message_type": None, "lifecycle_id": None}
    held = []
    for age in (timedelta(days=days_max), timedelta(days=days_max, microseconds=1)):
        holder = Holder.with_money(bank)
        record, _ = holder.pay(5000, **named)
        holder.wait(age)
        holder.reverse(record, **{**nothing_else, **named})
        held.append(holder.balances.held_minor)
    assert held == [0, 5000]


@pytest.mark.parametrize(("authorization_code", "held_minor"), [("A1B2C3", 0), ("OTHER0", 5000)])
def test_an_authorization_code_must_agree_where_the_reference_finds(
    bank: Bank, authorization_code: str, held_minor: int
) -> None:
    holder = Holder.with_money(bank)
    named = {"retrieval_reference": "616612000001", "acquirer_id": "12345"}
    advice = holder.message("0120", amount_minor=5000, authorization_code="A1B2C3", **named)
    holder.send(advice)
    holder.reverse(
        advice, original_message_type=None, authorization_code=authorization_code, **named
    )
    assert holder.balances.held_minor == held_minor


def test_of_several_under_one_life_cycle_id_the_one_that_de90_names_is_reversed(
    bank: Bank,
) -> None:
    holder = Holder.with_money(bank)
    holder.pay(20_000, lifecycle_id="123")
    increment, _ = holder.pay(10_000, lifecycle_id="123", reason_code="3900")
    holder.pay(5000, lifecycle_id="123", reason_code="3900")
    for _ in range(2):
        holder.reverse(increment, lifecycle_id="123")
        assert holder.balances.held_minor == 25_000


def test_a_stan_without_transmission_time_finds_nothing_older_than_thirty_days(bank: Bank) -> None:
    held = []
    for age in (timedelta(days=30), timedelta(days=30, microseconds=1)):
        holder = Holder.with_money(bank)
        record, _ = holder.pay(5000)
        holder.wait(age)
        holder.reverse(record, original_transmitted_at_us=None)
        held.append(holder.balances.held_minor)
    assert held == [0, 5000]

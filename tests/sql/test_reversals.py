"""Reversals: full, partial, repeated, late, before their original, and of nothing at all."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.sql.bank import Bank, Card, fresh_token


def test_one_of_two_tickets_is_cancelled(bank: Bank, card: Card) -> None:
    flight = bank.record(card, amount_minor=60_000)
    assert bank.code(flight) == "00"
    assert bank.code(bank.reversal(flight, replacement_amount_minor=30_000)) == "00"
    assert bank.money(card) == (100_000, 30_000, 70_000)


def test_a_reversal_sent_again_changes_nothing_and_is_answered_the_same(
    bank: Bank, card: Card
) -> None:
    flight = bank.record(card, amount_minor=60_000)
    reversal = bank.reversal(flight, replacement_amount_minor=30_000)
    bank.send(flight, reversal)
    again = reversal | {"message_type": "0421"}
    assert [each.response_code for each in bank.send(again, again, reversal)] == ["00"] * 3
    assert all(each.is_replay for each in bank.outcomes)
    assert bank.money(card) == (100_000, 30_000, 70_000)


def test_the_replacement_is_the_new_total_each_time(bank: Bank, card: Card) -> None:
    original = bank.record(card, amount_minor=60_000)
    bank.send(original)
    for total in (40_000, 15_000, 0):
        assert bank.code(bank.reversal(original, replacement_amount_minor=total)) == "00"
        assert bank.money(card).held == total
    assert bank.operations(card)[-1].chain_state == "REVERSED"


def test_a_replacement_in_the_currency_of_the_sale_is_scaled(bank: Bank, card: Card) -> None:
    original = bank.record(
        card, amount_minor=66_000, currency="840", billing_amount_minor=60_000,
        billing_currency="978",
    )  # fmt: skip
    bank.send(original)
    assert bank.code(bank.reversal(original, replacement_amount_minor=33_000)) == "00"
    assert bank.money(card) == (100_000, 30_000, 70_000)


def test_the_billing_part_of_a_replacement_goes_before_scaling(bank: Bank, card: Card) -> None:
    original = bank.record(
        card, amount_minor=66_000, currency="840", billing_amount_minor=60_000,
        billing_currency="978",
    )  # fmt: skip
    bank.send(original)
    bank.send(
        bank.reversal(
            original, replacement_amount_minor=33_000, replacement_billing_amount_minor=31_000
        )
    )
    assert bank.money(card).held == 31_000


@pytest.mark.parametrize(("message_type", "code"), [("0400", "13"), ("0420", "00")])
def test_a_replacement_above_the_hold_changes_nothing(
    bank: Bank, card: Card, message_type: str, code: str
) -> None:
    original = bank.record(card, amount_minor=6000)
    bank.send(original)
    assert bank.code(bank.reversal(original, message_type, replacement_amount_minor=6001)) == code
    assert bank.money(card).held == 6000
    assert bank.exceptions(card) == ["OVER_REPLACEMENT"]


def test_a_replacement_equal_to_the_hold_is_marked(bank: Bank, card: Card) -> None:
    original = bank.record(card, amount_minor=6000)
    bank.send(original)
    assert bank.code(bank.reversal(original, "0400", replacement_amount_minor=6000)) == "00"
    assert bank.exceptions(card) == ["NOOP"]


def test_two_full_reversals_under_different_numbers_release_once(bank: Bank, card: Card) -> None:
    original = bank.record(card, amount_minor=7500)
    bank.send(original)
    assert bank.code(bank.reversal(original)) == "00"
    assert bank.code(bank.reversal(original)) == "00"
    assert bank.money(card) == (100_000, 0, 100_000)


def test_a_posting_is_taken_back_by_a_contra_entry(bank: Bank, card: Card) -> None:
    sale = bank.record(card, "0200", amount_minor=6000)
    reversal = bank.reversal(sale, replacement_amount_minor=2000)
    bank.send(sale, reversal, reversal | {"message_type": "0421"})
    assert bank.money(card) == (98_000, 0, 98_000)
    bank.send(bank.reversal(sale))
    assert bank.money(card) == (100_000, 0, 100_000)


@pytest.mark.parametrize(("message_type", "code"), [("0400", "21"), ("0420", "00")])
def test_what_a_completion_posted_is_not_undone_by_reversing_the_request(
    bank: Bank, card: Card, message_type: str, code: str
) -> None:
    request = bank.record(card, amount_minor=10_000)
    bank.send(request, bank.advice(request, "0220", amount_minor=6400))
    assert bank.code(bank.reversal(request, message_type)) == code
    assert bank.money(card) == (93_600, 0, 93_600)
    assert bank.exceptions(card) == ["LATE_REVERSAL"]


def test_original_data_elements_alone_are_enough(bank: Bank, card: Card) -> None:
    original = bank.record(card, amount_minor=5000, lifecycle_id="123456789012345")
    bank.send(original)
    reversal = bank.reversal(original, retrieval_reference=None, acquirer_id=None)
    assert bank.code(reversal) == "00"
    assert bank.operations(card)[-1].match_rung == 2
    assert bank.money(card).held == 0


@pytest.mark.parametrize("missing", ["original_transmitted_at_us", "original_acquirer_id"])
def test_parts_of_the_original_data_that_are_zero_are_not_compared(
    bank: Bank, card: Card, missing: str
) -> None:
    original = bank.record(card)
    bank.send(original)
    assert bank.code(bank.reversal(original, retrieval_reference=None, **{missing: None})) == "00"
    assert bank.money(card).held == 0


def test_the_life_cycle_id_goes_first_and_the_reference_last(bank: Bank, card: Card) -> None:
    by_lifecycle = bank.record(card, lifecycle_id="1", amount_minor=100)
    by_reference = bank.record(card, amount_minor=200)
    bank.send(by_lifecycle, by_reference)
    nothing = dict.fromkeys(("original_stan", "original_message_type", "original_acquirer_id"))
    bank.send(bank.reversal(by_lifecycle, lifecycle_id="1"))
    assert bank.operations(card)[-1].match_rung == 1
    reference = by_reference["retrieval_reference"]
    bank.send(bank.reversal(by_reference, **nothing, retrieval_reference=reference))
    assert bank.operations(card)[-1].match_rung == 3
    assert bank.money(card).held == 0


def test_a_reversal_never_touches_another_card(bank: Bank, card: Card) -> None:
    other = bank.issue_card(card.account_id)
    original = bank.record(other, amount_minor=5000, lifecycle_id="77")
    bank.send(original)
    stranger = bank.reversal(original, card_token=card.token, lifecycle_id="77")
    assert bank.code(stranger) == "00"
    assert bank.exceptions(card) == ["REVERSAL_UNMATCHED"]
    assert bank.money(card).held == 5000


def test_a_reversal_of_nothing_we_know_is_accepted_and_marked(bank: Bank, card: Card) -> None:
    assert bank.code(bank.reversal(bank.record(card))) == "00"
    assert bank.exceptions(card) == ["REVERSAL_UNMATCHED"]
    assert bank.money(card) == (100_000, 0, 100_000)


def test_an_original_after_its_reversal_is_declined(bank: Bank, card: Card) -> None:
    original = bank.record(card, amount_minor=6000)
    bank.send(bank.reversal(original))
    outcome = bank.send(original)[0]
    assert (outcome.response_code, outcome.reasons) == ("05", ["REVERSED_BEFORE_ORIGINAL"])
    assert bank.money(card) == (100_000, 0, 100_000)
    assert bank.code(bank.record(card)) == "00"


def test_a_tombstone_lives_ten_days(bank: Bank, card: Card) -> None:
    original = bank.record(card, amount_minor=6000)
    bank.send(bank.reversal(original))
    bank.wait(timedelta(days=10))
    assert bank.code(original) == "00"


def test_an_original_after_its_replacement_holds_the_new_total(bank: Bank, card: Card) -> None:
    original = bank.record(card, amount_minor=6000)
    bank.send(bank.reversal(original, replacement_amount_minor=2500))
    assert bank.code(original) == "00"
    assert bank.money(card) == (100_000, 2500, 97_500)


def test_the_full_amount_decides_even_if_less_will_be_held(bank: Bank, card: Card) -> None:
    original = bank.record(card, amount_minor=100_001)
    bank.send(bank.reversal(original, replacement_amount_minor=2500))
    assert bank.code(original) == "51"


def test_an_advice_after_its_reversal_is_recorded_only(bank: Bank, card: Card) -> None:
    request = bank.record(card, amount_minor=6000)
    bank.send(bank.reversal(request))
    assert bank.code(bank.advice(request)) == "00"
    assert bank.money(card).held == 0
    assert bank.exceptions(card) == ["REVERSED_BEFORE_ORIGINAL"]


def test_a_declined_original_needs_no_reversal(bank: Bank, card: Card) -> None:
    original = bank.record(card, amount_minor=200_000)
    bank.send(original)
    assert bank.code(bank.reversal(original, "0400")) == "00"
    assert bank.operations(card)[-1].chain_state == "DECLINED"


def test_a_reversal_without_any_name_is_a_format_error(bank: Bank, card: Card) -> None:
    nameless = bank.record(card, "0420", retrieval_reference=None)
    outcome = bank.send(nameless)[0]
    assert (outcome.response_code, outcome.reasons) == ("30", ["FORMAT_ERROR"])


def test_a_reversal_for_an_unknown_card_is_accepted(bank: Bank) -> None:
    stranger = Card(fresh_token())
    assert bank.code(bank.reversal(bank.record(stranger), "0400")) == "00"
    assert bank.exceptions(stranger) == ["REVERSAL_UNMATCHED"]


def test_a_return_is_no_reversal(bank: Bank, card: Card) -> None:
    purchase = bank.record(card, amount_minor=4000)
    bank.send(purchase)
    bank.send(bank.reversal(purchase, processing_code="200000"))
    assert bank.money(card).held == 4000


def test_of_two_originals_the_one_that_still_holds_is_reversed(bank: Bank, card: Card) -> None:
    first = bank.record(card, amount_minor=100, lifecycle_id="9")
    second = bank.record(card, amount_minor=999_999, lifecycle_id="9")
    bank.send(first, second)
    bank.send(bank.reversal(second, lifecycle_id="9", original_stan=None))
    assert bank.money(card).held == 0


def test_a_shared_reference_does_not_lead_to_another_purchase_than_the_one_that_is_named(
    bank: Bank, card: Card
) -> None:
    first = bank.record(card, amount_minor=40_00, retrieval_reference="SAME")
    second = bank.record(card, amount_minor=25_00, retrieval_reference="SAME")
    bank.send(first)
    assert bank.code(bank.reversal(second, retrieval_reference="SAME")) == "00"
    assert bank.operations(card)[-1].exceptions == ["REVERSAL_UNMATCHED"]
    assert bank.code(second) == "05"
    assert bank.money(card).held == 40_00

"""One message, one effect: repeats under the same key, under a fresh one, and keys that collide."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.sql.bank import Bank, Card, fresh_token, microseconds


def test_a_message_sent_twenty_times_is_one_operation_with_one_answer(
    bank: Bank, card: Card
) -> None:
    record = bank.record(card, amount_minor=4250)
    first, *rest = bank.send(*[record] * 20)
    assert {row._replace(ordinal=0) for row in map(_hashable, rest)} == {
        _hashable(first)._replace(ordinal=0, is_replay=True)
    }
    assert len(bank.operations(card)) == 1
    assert bank.money(card) == (100_000, 4250, 95_750)


def _hashable(outcome: Any) -> Any:
    return outcome._replace(reasons=tuple(outcome.reasons))


def test_a_decline_is_replayed_even_if_there_is_money_now(bank: Bank, card: Card) -> None:
    record = bank.record(card, amount_minor=100_001)
    bank.send(record)
    bank.send(bank.record(card, "0200", processing_code="260000"))
    outcome = bank.send(record)[0]
    assert (outcome.response_code, outcome.is_replay) == ("51", True)


def test_a_partial_approval_is_replayed_with_its_amounts(bank: Bank) -> None:
    card = bank.issue_card(bank.open_account(8000))
    record = bank.record(card, amount_minor=15_000, partial_approval=True)
    first, second = bank.send(record, record)
    assert second == first._replace(ordinal=2, is_replay=True)


@pytest.mark.parametrize(
    "change", [{"amount_minor": 9900}, {"currency": "840"}, {"processing_code": "010000"}]
)
def test_a_request_of_other_content_under_the_same_key_books_nothing(
    bank: Bank, card: Card, change: dict[str, Any]
) -> None:
    record = bank.record(card)
    bank.send(record)
    outcome = bank.send(record | change)[0]
    assert (outcome.response_code, outcome.reasons) == ("94", ["DUPLICATE_KEY_MISMATCH"])
    assert (outcome.operation_id, len(bank.operations(card))) == (None, 1)


def test_an_advice_of_other_content_under_the_same_key_is_booked_once(
    bank: Bank, card: Card
) -> None:
    advice = bank.record(card, "0220", amount_minor=1000)
    other = advice | {"amount_minor": 1500}
    bank.send(advice, other, other, advice)
    assert [each.is_replay for each in bank.outcomes] == [False, False, True, True]
    assert {each.response_code for each in bank.outcomes} == {"00"}
    assert "KEY_COLLISION" in bank.exceptions(card)


def test_the_same_number_on_another_day_is_another_message(bank: Bank, card: Card) -> None:
    bank.send(bank.record(card, stan="000042", retrieval_reference=None))
    bank.wait(timedelta(days=1))
    bank.send(bank.record(card, stan="000042", retrieval_reference=None))
    assert bank.money(card).held == 2000


@pytest.mark.parametrize(("days", "is_replay"), [(0, True), (10, True), (11, False)])
def test_a_repeat_with_a_fresh_time_is_found_for_ten_days(
    bank: Bank, card: Card, days: int, is_replay: bool
) -> None:
    record = bank.record(card)
    bank.send(record)
    bank.wait(timedelta(days=days, seconds=1))
    names = ("stan", "local_time", "local_date", "acquirer_id", "retrieval_reference")
    repeat = bank.record(card, "0101", **{name: record[name] for name in names})
    assert bank.send(repeat)[0].is_replay is is_replay


@pytest.mark.parametrize(
    "change",
    [
        {"stan": "999999"},
        {"local_time": "120001"},
        {"acquirer_id": "9"},
        {"retrieval_reference": None},
        {"amount_minor": 1001},
        {"network": "mastercard_like"},
    ],
)
def test_a_repeat_that_differs_in_a_key_field_is_a_first_copy(
    bank: Bank, card: Card, change: dict[str, Any]
) -> None:
    record = bank.record(card)
    bank.send(record)
    bank.wait(timedelta(seconds=1))
    names = ("stan", "local_time", "local_date", "acquirer_id", "retrieval_reference")
    repeat = bank.record(card, "0101", **({name: record[name] for name in names} | change))
    assert not bank.send(repeat)[0].is_replay


def test_a_repeat_whose_original_was_never_seen_is_decided(bank: Bank, card: Card) -> None:
    assert not bank.send(bank.record(card, "0101"))[0].is_replay
    assert bank.money(card).held == 1000


def test_an_approval_is_not_given_out_again_once_it_is_reversed(bank: Bank, card: Card) -> None:
    record = bank.record(card)
    bank.send(record, bank.reversal(record))
    outcome = bank.send(record | {"message_type": "0101"})[0]
    assert (outcome.response_code, outcome.reasons) == ("05", ["REVERSED"])
    assert bank.money(card).held == 0


def test_a_partly_reversed_approval_is_given_out_again(bank: Bank, card: Card) -> None:
    record = bank.record(card)
    bank.send(record, bank.reversal(record, replacement_amount_minor=400))
    assert bank.send(record)[0].response_code == "00"


def test_a_request_and_an_advice_under_one_number_are_two_messages(bank: Bank, card: Card) -> None:
    request = bank.record(card)
    advice = bank.advice(request, "0120")
    assert advice["identity_key"] != request["identity_key"]
    bank.send(request, advice)
    assert [row.message_class for row in bank.operations(card)] == ["0100", "0120"]


def test_an_unknown_card_is_replayed_too(bank: Bank) -> None:
    record = bank.record(Card(fresh_token()))
    first, second = bank.send(record, record)
    assert (second.is_replay, second.operation_id) == (True, first.operation_id)


def test_the_operation_date_is_that_of_the_transmission(bank: Bank, card: Card) -> None:
    late = microseconds(bank.now - timedelta(days=3))
    bank.send(bank.record(card, transmitted_at_us=late))
    assert bank.operations(card)[0].operation_date == (bank.now - timedelta(days=3)).date()


def test_a_batch_gives_what_its_messages_give_one_by_one(bank: Bank) -> None:
    def story(card: Card) -> list[Any]:
        request = bank.record(card, amount_minor=60_000, stan="000001", retrieval_reference="A")
        return [
            request,
            request | {"message_type": "0101"},
            bank.reversal(request, replacement_amount_minor=20_000, stan="000002",
                          retrieval_reference=None),
            bank.record(card, amount_minor=90_000, stan="000003", retrieval_reference="B"),
            bank.record(card, amount_minor=80_000, stan="000004", retrieval_reference="C"),
            bank.advice(request, amount_minor=30_000),
        ]  # fmt: skip

    cards = [bank.issue_card(bank.open_account(100_000)) for _ in range(2)]
    together = bank.send(*story(cards[0]))
    one_by_one = [bank.send(each)[0] for each in story(cards[1])]
    assert [each.response_code for each in together] == [each.response_code for each in one_by_one]
    assert [each.is_replay for each in together] == [each.is_replay for each in one_by_one]
    assert bank.money(cards[0]) == bank.money(cards[1])


def test_a_batch_of_many_cards_and_accounts_gives_what_its_messages_give_one_by_one(
    bank: Bank,
) -> None:
    def story(first: Card, second: Card, third: Card) -> list[Any]:
        request = bank.record(first, amount_minor=40_000, stan="000001", retrieval_reference="A")
        early = bank.record(third, amount_minor=700, stan="000002", retrieval_reference="B")
        return [
            request,
            bank.record(third, amount_minor=5, stan="000003", retrieval_reference="C"),
            bank.reversal(early, stan="000004", retrieval_reference=None),
            bank.record(second, amount_minor=50_000, stan="000005", retrieval_reference="D"),
            early,
            bank.record(Card(b"none"), stan="000006"),
            request,
            bank.record(second, amount_minor=20_000, stan="000007", retrieval_reference="E",
                        partial_approval=True),
            bank.reversal(request, stan="000008", retrieval_reference=None),
            request | {"message_type": "0101"},
            bank.record(second, amount_minor=20_000, stan="000009", retrieval_reference="F"),
            request | {"amount_minor": 1},
        ]  # fmt: skip

    def cards() -> tuple[Card, Card, Card]:
        shared, own = bank.open_account(100_000), bank.open_account(100_000)
        return bank.issue_card(shared), bank.issue_card(shared), bank.issue_card(own)

    together, alone = cards(), cards()
    in_one = bank.send(*story(*together))
    one_by_one = [bank.send(each)[0] for each in story(*alone)]
    names = ("response_code", "amount_minor", "additional_amounts", "is_replay", "reasons")
    assert [[getattr(each, name) for name in names] for each in in_one] == [
        [getattr(each, name) for name in names] for each in one_by_one
    ]
    assert [each.response_code for each in in_one] == (
        ["00", "00", "00", "00", "05", "14", "00", "10", "00", "05", "00", "94"]
    )
    for one, other in zip(together, alone, strict=True):
        assert bank.money(one) == bank.money(other)
        assert [(row.kind, row.exceptions, row.chain_state) for row in bank.operations(one)] == [
            (row.kind, row.exceptions, row.chain_state) for row in bank.operations(other)
        ]

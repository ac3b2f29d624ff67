"""Routing: cards of one account share a lane, and nothing in flight changes its lane."""

from __future__ import annotations

from tests.unit.link_fakes import make_pending

from cbs.link.directory import CardDirectory

LANES = 4


def directory(size_max: int = 100) -> CardDirectory:
    return CardDirectory(LANES, size_max=size_max)


def token(first_byte: int, rest: int = 0) -> bytes:
    return bytes([first_byte]) + bytes([rest]) * 31


def test_cards_of_one_account_share_its_lane() -> None:
    cards = directory()
    cards.load([(token(1), 7), (token(2), 7), (token(3), 8)])
    lanes = [cards.route(make_pending(token=token(number))) for number in (1, 2, 3)]
    assert lanes == [7 % LANES, 7 % LANES, 8 % LANES]


def test_an_unknown_card_is_routed_by_its_token_and_always_alike() -> None:
    cards = directory()
    lanes = {cards.route(make_pending(token=token(9, rest=5))) for _ in range(5)}
    assert lanes == {9 % LANES}


def test_a_message_without_a_card_has_a_lane() -> None:
    assert directory().route(make_pending(token=None)) == 0


def test_a_card_with_requests_in_flight_stays_in_its_lane_until_they_are_done() -> None:
    cards = directory()
    first, second = make_pending(token=token(1)), make_pending(token=token(1))
    assert cards.route(first) == 1
    assert cards.route(second) == 1
    cards.learn(first, 2)
    cards.release(first)
    third = make_pending(token=token(1))
    assert cards.route(third) == 1
    cards.release(second)
    cards.release(third)
    assert cards.route(make_pending(token=token(1))) == 2


def test_the_sentinel_account_teaches_nothing() -> None:
    cards = directory()
    pending = make_pending(token=token(1))
    cards.route(pending)
    cards.learn(pending, 0)
    cards.release(pending)
    assert len(cards) == 0


def test_unknown_cards_leave_nothing_behind() -> None:
    cards = directory()
    for number in range(200):
        pending = make_pending(token=token(number))
        cards.route(pending)
        cards.release(pending)
    assert len(cards) == 0
    assert not cards._unlisted_in_flight
    assert not cards._learned


def test_releasing_twice_counts_once() -> None:
    cards = directory()
    first, second = make_pending(token=token(1)), make_pending(token=token(1))
    cards.route(first)
    cards.route(second)
    cards.release(first)
    cards.release(first)
    cards.learn(second, 2)
    assert cards.route(make_pending(token=token(1))) == 1


def test_the_directory_does_not_grow_past_its_bound() -> None:
    cards = directory(size_max=2)
    for number in range(5):
        pending = make_pending(token=token(number))
        cards.route(pending)
        cards.learn(pending, number + 1)
        cards.release(pending)
    assert len(cards) == 2

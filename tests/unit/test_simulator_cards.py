"""Cards by number and by digits, and what is remembered of a purchase."""

from __future__ import annotations

from pathlib import Path

import pytest

from cbs.demo import demo_card, demo_pan
from cbs.simulator import messages
from cbs.simulator.cards import (
    CardError,
    StoryCards,
    card_named,
    currency_of,
    demo_cards,
    demo_index,
    unknown_card,
)
from cbs.simulator.journal import JournalError, LastPurchase


def test_a_card_is_named_by_its_number_in_the_portfolio_or_its_own_digits() -> None:
    assert card_named("7").pan == demo_pan(7)
    assert card_named(demo_pan(7)) == card_named("7")
    assert card_named("4111 1111 1111 1111", "3012").expiry == "3012"
    assert card_named("7", "2501").expiry == "2501"


@pytest.mark.parametrize("text", ["0", "2001", "", "card", "4111111111111111", "٣"])
def test_a_card_that_cannot_be_used_is_refused_without_its_number(text: str) -> None:
    with pytest.raises(CardError) as refusal:
        card_named(text)
    assert "4111" not in str(refusal.value)


def test_only_cards_of_the_portfolio_have_a_number() -> None:
    assert demo_index(demo_pan(2000)) == 2000
    assert demo_index(demo_pan(2001)) is None
    assert demo_index("4111111111111111") is None
    assert demo_index("400000000000001") is None


def test_load_tests_get_active_cards_with_their_currency() -> None:
    cards = demo_cards(range(1, 2001))

    assert 1800 <= len(cards) < 2000
    assert {currency for _, currency in cards} >= {"978", "826", "840", "392", "414"}


def test_the_currency_is_that_of_the_cards_account_unless_asked_for() -> None:
    assert currency_of(card_named("1")).code == "EUR"
    assert currency_of(card_named("5")).code == "GBP"
    assert currency_of(card_named("5"), "jpy").code == "JPY"
    assert currency_of(unknown_card()).code == "EUR"


def test_an_unknown_card_is_in_no_portfolio() -> None:
    assert demo_index(unknown_card().pan) is None
    assert unknown_card().pan.startswith("400000")


def test_story_cards_have_what_the_story_needs() -> None:
    cards = StoryCards(seed=1)

    ample = demo_index(cards.ample("978").pan)
    short = [demo_index(card.pan) or 0 for card in cards.short_of_money("978")]

    assert ample is not None
    assert (demo_card(ample).currency, demo_card(ample).status) == ("978", "active")
    assert len(short) > 10
    assert {demo_card(index).currency for index in short} == {"978"}
    assert all("near zero" in (note := demo_card(i).note) or "overdraft" in note for i in short)


def test_a_fixed_card_plays_every_part() -> None:
    cards = StoryCards("5")

    assert cards.short_of_money("978") == [cards.ample("978")] == [card_named("5")]


def test_a_purchase_is_remembered_without_its_card(tmp_path: Path) -> None:
    path = tmp_path / "data" / "last.json"
    card = card_named("5")
    fields = messages.purchase(card, 4250, "978")

    LastPurchase.of(fields, 5, "A1B2C3").write(path)

    last = LastPurchase.read(path)
    assert last.card_index == 5
    assert last.authorization_code == "A1B2C3"
    assert (
        messages.reversal({**last.fields, "2": card.pan})["90"] == (messages.reversal(fields)["90"])
    )
    assert card.pan not in path.read_text(encoding="utf-8")
    assert not last.fields.keys() & {"2", "14", "35", "55"}


def test_a_memory_that_cannot_be_read_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "last.json"
    with pytest.raises(JournalError, match="no purchase is remembered"):
        LastPurchase.read(path)

    path.write_text("{", encoding="utf-8")
    with pytest.raises(JournalError, match="cannot be read"):
        LastPurchase.read(path)

"""Cards to play with: those of the demo portfolio, by number, and any other by its digits."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable
from typing import Final

from cbs.demo import DEMO_CARD_COUNT, DemoCard, demo_card, demo_pan
from cbs.errors import CbsError
from cbs.simulator.messages import Card
from cbs.simulator.money import Currency, currency_named

AMPLE_INDEXES: Final = range(1501, 1801)
"""Cards with money that stories pick from; load tests keep to those below."""
SPECIAL_INDEXES: Final = range(1801, DEMO_CARD_COUNT + 1)
"""Cards with something about them: little money, expired, lost."""

_PAN_LENGTHS: Final = range(12, 20)
_SHORT: Final = re.compile("near zero|overdraft")


class CardError(CbsError):
    """No such card can be used; the text never holds its number."""


def card_named(text: str, expiry: str | None = None) -> Card:
    """The demo card of this number, or a whole card number, which needs its `expiry` (YYMM)."""
    digits = text.replace(" ", "")
    if not (digits.isascii() and digits.isdigit()):
        raise CardError(f"a card is a number from 1 to {DEMO_CARD_COUNT}, or its own digits")
    if len(digits) not in _PAN_LENGTHS:
        if not 1 <= int(digits) <= DEMO_CARD_COUNT:
            raise CardError(f"demo cards are numbered from 1 to {DEMO_CARD_COUNT}")
        found = demo_card(int(digits))
        return Card(found.pan, expiry or found.expiry)
    index = demo_index(digits)
    if expiry is None and index is None:
        raise CardError("a card that is no demo card needs its --expiry, as YYMM")
    return Card(digits, expiry or demo_card(index or 1).expiry)


def demo_index(pan: str) -> int | None:
    """The number of this card in the demo portfolio; None for any other card."""
    if len(pan) != len(demo_card(1).pan):
        return None
    index = int(pan[6:-1])
    return index if 1 <= index <= DEMO_CARD_COUNT and demo_card(index).pan == pan else None


def demo_cards(indexes: Iterable[int]) -> list[tuple[Card, str]]:
    """The active ones of these demo cards, each with the digits of its account's currency."""
    found = [demo_card(index) for index in indexes]
    return [
        (Card(card.pan, card.expiry), currency_named(card.currency).number)
        for card in found
        if card.status == "active"
    ]


def unknown_card() -> Card:
    """A card of our range that is in no portfolio: its number is valid, and nobody has it."""
    return Card(demo_pan(random.randint(500_000_000, 999_999_999)), demo_card(1).expiry)


def currency_of(card: Card, name: str | None = None) -> Currency:
    """The currency that was asked for by `name`, else that of the demo card's account, else EUR."""
    if name is not None:
        return currency_named(name)
    index = demo_index(card.pan)
    return currency_named("EUR" if index is None else demo_card(index).currency)


class StoryCards:
    """Chooses the cards of a story by chance, so that one telling hardly disturbs another."""

    def __init__(self, fixed: str | None = None, *, seed: int | None = None) -> None:
        """`fixed` is a card to use for everything; `seed` makes the choice the same each time."""
        self._fixed = None if fixed is None else card_named(fixed)
        self._random = random.Random(seed)

    def ample(self, currency: str) -> Card:
        """An active card with money in `currency` (digits)."""
        return self._fixed or self._any_of(
            [card for card in map(demo_card, AMPLE_INDEXES) if _is_in(card, currency)]
        )

    def short_of_money(self, currency: str) -> list[Card]:
        """Active cards whose accounts hold little, in `currency` (digits), in any order."""
        if self._fixed is not None:
            return [self._fixed]
        found = [
            Card(card.pan, card.expiry)
            for card in map(demo_card, SPECIAL_INDEXES)
            if _is_in(card, currency) and card.status == "active" and _SHORT.search(card.note)
        ]
        self._random.shuffle(found)
        return found

    def _any_of(self, cards: list[DemoCard]) -> Card:
        if not cards:
            raise CardError("the demo portfolio has no such card")
        chosen = self._random.choice(cards)
        return Card(chosen.pan, chosen.expiry)


def _is_in(card: DemoCard, currency: str) -> bool:
    return currency_named(card.currency).number == currency

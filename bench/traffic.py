"""Purchases for benches: realistic, each with an identity of its own, spread over many accounts."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Final

from cbs.simulator import messages
from cbs.simulator.cards import demo_cards
from cbs.simulator.messages import Entry, Fields

AMOUNT_MINOR: Final = 250
"""Small enough that no account of the demo portfolio runs dry in a run."""

_CARD_INDEXES: Final = range(2, 1801)
_ENTRIES: Final[tuple[Entry, ...]] = ("contactless", "chip", "ecommerce")


def purchase_source(seed: int) -> Callable[[], Fields]:
    """A function that gives purchase after purchase; cards and entries follow from `seed`."""
    choice = random.Random(seed).choice
    cards = demo_cards(_CARD_INDEXES)

    def purchase() -> Fields:
        card, currency = choice(cards)
        return messages.purchase(card, AMOUNT_MINOR, currency, entry=choice(_ENTRIES))

    return purchase

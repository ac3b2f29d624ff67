"""A purchase only partly approved: the terminal can take less, the issuer gives what is left."""

from __future__ import annotations

from typing import Final

from cbs.simulator import messages
from cbs.simulator.messages import Card
from cbs.simulator.money import format_amount
from cbs.simulator.narration import additional_amounts
from cbs.simulator.scene import Scene, Story, StoryFailedError

_TOO_MUCH_MINOR: Final = 5_000
_EURO: Final = "978"
_ORIGINAL_AMOUNT: Final = "57"


def play(scene: Scene) -> None:
    """Ask for more than there is, with and without the flag; take the part back."""
    card, before_minor = _card_with_a_little(scene)
    price_minor = before_minor + _TOO_MUCH_MINOR
    scene.say("A customer buys for more than the card has, where all or nothing is asked.")
    scene.request(messages.purchase(card, price_minor, _EURO), expect="51")
    scene.say("The next till can take a part by card and the rest in cash.")
    sale = messages.purchase(card, price_minor, _EURO, partial_approval=True)
    answer = scene.request(sale, expect="10")
    approved_minor = int(answer.reply["4"])
    scene.check(
        approved_minor == before_minor,
        f"an approval of {format_amount(before_minor, _EURO)}, which is all there is",
    )
    asked = list(additional_amounts(answer.reply))
    scene.check(
        [(entry.amount_type, entry.amount_minor) for entry in asked]
        == [(_ORIGINAL_AMOUNT, price_minor)],
        "the amount asked for beside the amount approved",
    )
    scene.expect_available(card, _EURO, 0)
    scene.say("The customer has no cash either, and leaves.")
    scene.request(messages.reversal(sale))
    scene.expect_available(card, _EURO, before_minor)


def _card_with_a_little(scene: Scene) -> tuple[Card, int]:
    """A card that is short of money but not without any, and how much it has."""
    for card in scene.cards.short_of_money(_EURO):
        available_minor = scene.available_minor(card, _EURO)
        if available_minor > 0:
            return card, available_minor
    raise StoryFailedError("expected a card with a little money on it, found none")


STORY: Final = Story("partial-approval", "a purchase only partly approved", play)

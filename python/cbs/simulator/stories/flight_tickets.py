"""Two flight tickets in one purchase, of which one is cancelled: the hold shrinks to the rest."""

from __future__ import annotations

from typing import Final

from cbs.simulator import messages
from cbs.simulator.scene import Scene, Story

_BOTH_MINOR: Final = 60_000
_ONE_MINOR: Final = 30_000
_EURO: Final = "978"


def play(scene: Scene) -> None:
    """Hold 600.00, reduce to 300.00, hear the reversal twice, cancel the rest."""
    card = scene.cards.ample(_EURO)
    before_minor = scene.available_minor(card, _EURO)
    scene.say("A traveller books two tickets.")
    booking = messages.purchase(
        card, _BOTH_MINOR, _EURO, entry="ecommerce", merchant=messages.AIRLINE
    )
    scene.request(booking)
    scene.expect_available(card, _EURO, before_minor - _BOTH_MINOR)
    scene.say("One of the two cannot fly; the airline keeps half of the amount.")
    cancellation = messages.reversal(booking, replacement_minor=_ONE_MINOR)
    scene.request(cancellation)
    scene.expect_available(card, _EURO, before_minor - _ONE_MINOR)
    scene.say("The network is not sure that it was heard, and says it again.")
    scene.request(messages.repeat(cancellation))
    scene.expect_available(card, _EURO, before_minor - _ONE_MINOR)
    scene.say("In the end nobody flies.")
    scene.request(messages.reversal(booking))
    scene.expect_available(card, _EURO, before_minor)


STORY: Final = Story("flight-tickets", "two flight tickets, one of them cancelled", play)

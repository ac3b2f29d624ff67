"""Fuel: the pump reserves the most it could sell, the completion says what it did sell."""

from __future__ import annotations

from typing import Final

from cbs.simulator import messages
from cbs.simulator.scene import Scene, Story

_RESERVED_MINOR: Final = 15_000
_SOLD_MINOR: Final = 6_320
_EURO: Final = "978"


def play(scene: Scene) -> None:
    """Reserve 150.00, complete for 63.20, hear the completion twice, take it back."""
    card = scene.cards.ample(_EURO)
    before_minor = scene.available_minor(card, _EURO)
    scene.say("A driver puts a card into the pump, which reserves a full tank.")
    reservation = messages.purchase(card, _RESERVED_MINOR, _EURO, merchant=messages.FUEL_STATION)
    approval = scene.request(reservation)
    scene.expect_available(card, _EURO, before_minor - _RESERVED_MINOR)
    scene.say("The tank takes less; the rest is free in the same moment.")
    completion = messages.advice(
        reservation, _SOLD_MINOR, authorization_code=approval.reply.get("38")
    )
    scene.request(completion)
    scene.expect_available(card, _EURO, before_minor - _SOLD_MINOR)
    scene.say("The network repeats the completion; nothing changes.")
    scene.request(messages.repeat(completion))
    scene.expect_available(card, _EURO, before_minor - _SOLD_MINOR)
    scene.say("The station finds water in its tank and takes the sale back.")
    scene.request(messages.reversal(reservation, reason=messages.REASON_NOT_COMPLETED))
    scene.expect_available(card, _EURO, before_minor)


STORY: Final = Story("fuel", "a fuel pre-authorization completed for less", play)

"""A web purchase: an approval holds the money, a cancellation gives it back."""

from __future__ import annotations

from typing import Final

from cbs.simulator import messages
from cbs.simulator.scene import Scene, Story

_PRICE_MINOR: Final = 4250
_EURO: Final = "978"


def play(scene: Scene) -> None:
    """Approve 42.50 on the web, see the hold, cancel the order."""
    card = scene.cards.ample(_EURO)
    before_minor = scene.available_minor(card, _EURO)
    scene.say("A customer buys wool on the web.")
    order = messages.purchase(
        card, _PRICE_MINOR, _EURO, entry="ecommerce", merchant=messages.WEB_SHOP
    )
    approval = scene.request(order)
    code = approval.reply.get("38") or ""
    scene.check(len(code.strip()) == 6, "an authorization code of six characters")
    scene.check(approval.reply.get("62.2") == order["62"]["2"], "the same transaction identifier")
    scene.expect_available(card, _EURO, before_minor - _PRICE_MINOR)
    scene.say("The customer changes their mind before the parcel leaves.")
    scene.request(messages.reversal(order, authorization_code=code))
    scene.expect_available(card, _EURO, before_minor)


STORY: Final = Story("web-purchase", "a web purchase, and its cancellation", play)

"""A cut cable: whatever became of the answer, the repeat gets one, and the money moves once."""

from __future__ import annotations

from typing import Final

from cbs.simulator import messages
from cbs.simulator.scene import Scene, Story

_PRICE_MINOR: Final = 4250
_EURO: Final = "978"


def play(scene: Scene) -> None:
    """Lose the answer twice: before it is read, and after; then take the purchase back."""
    card = scene.cards.ample(_EURO)
    before_minor = scene.available_minor(card, _EURO)
    scene.say("A customer pays by chip, and the cable is cut while the host decides.")
    sale = messages.purchase(card, _PRICE_MINOR, _EURO)
    scene.send_and_cut(sale)
    scene.say("On a new link the network asks again.")
    first = scene.request(messages.repeat(sale))
    scene.expect_available(card, _EURO, before_minor - _PRICE_MINOR)
    scene.say("That answer is lost on the way to the shop; another link, the same question.")
    scene.client.cut()
    second = scene.request(messages.repeat(sale))
    scene.check(second.reply_body == first.reply_body, "the same answer, byte for byte")
    scene.say("It is the same answer, byte for byte, and the money is held once.")
    scene.expect_available(card, _EURO, before_minor - _PRICE_MINOR)
    scene.say("The shop closes and gives everything back.")
    scene.request(messages.reversal(sale, reason=messages.REASON_NO_CONFIRMATION))
    scene.expect_available(card, _EURO, before_minor)


STORY: Final = Story("cut-cable", "a cut cable, after which the repeat gets the same answer", play)

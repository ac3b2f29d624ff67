"""What a story has in its hands: a link to the host, cards, and someone who tells it."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from cbs.errors import CbsError
from cbs.simulator import messages
from cbs.simulator.cards import StoryCards
from cbs.simulator.client import Client, Exchange
from cbs.simulator.messages import Card
from cbs.simulator.money import format_amount
from cbs.simulator.narration import additional_amounts, describe_reply
from cbs.simulator.narrator import Narrator
from cbs.simulator.wording import response_code_text

_AVAILABLE: Final = "02"


class StoryFailedError(CbsError):
    """The host did not do what the story expects; the text says what was expected and what came."""


@dataclass(frozen=True, slots=True)
class Story:
    """One story: the name that selects it, its title, and what happens in it."""

    name: str
    title: str
    play: Callable[[Scene], None]


class Scene:
    """Sends what a story says, tells it, and fails where the host answers otherwise."""

    def __init__(self, client: Client, cards: StoryCards, narrator: Narrator) -> None:
        """The client may be connected or not; it is connected on first use."""
        self.client = client
        self.cards = cards
        self.narrator = narrator
        self._held: dict[str, Mapping[str, Any]] = {}

    def say(self, text: str) -> None:
        """A sentence of the story."""
        self.narrator.say(text)

    def request(self, fields: Mapping[str, Any], *, expect: str = "00") -> Exchange:
        """Send, tell both ways, and fail unless the reply's code is `expect`."""
        exchange = self._exchange(fields)
        if exchange.response_code != expect:
            raise StoryFailedError(
                f"expected {response_code_text(expect)}, got: {describe_reply(exchange.reply)}"
            )
        return exchange

    def send_and_cut(self, fields: Mapping[str, Any]) -> None:
        """Send, and tear the cable before an answer can be read."""
        self.client.connect()
        self._keep_track(fields)
        body = self.client.send(fields)
        self.narrator.sent(self.client.codec.decode(body))
        self.client.cut()
        self.say("The cable is cut: no answer arrives.")

    def available_minor(self, card: Card, currency: str) -> int:
        """What the card can spend, by a balance inquiry over the same link."""
        exchange = self.request(messages.balance_inquiry(card, currency))
        for entry in additional_amounts(exchange.reply):
            if entry.amount_type == _AVAILABLE:
                return entry.amount_minor
        raise StoryFailedError("the balance inquiry came back without an available amount")

    def expect_available(self, card: Card, currency: str, expected_minor: int) -> None:
        """Fail unless the card can now spend exactly this much."""
        found_minor = self.available_minor(card, currency)
        if found_minor != expected_minor:
            raise StoryFailedError(
                f"expected {format_amount(expected_minor, currency)} available, "
                f"found {format_amount(found_minor, currency)}"
            )

    def check(self, condition: bool, expectation: str) -> None:
        """Fail with `expectation` unless it holds."""
        if not condition:
            raise StoryFailedError(f"expected {expectation}")

    def give_back(self) -> None:
        """Take back what a story that ended halfway has left on hold."""
        if self._held:
            self.say("Taking back what is still held.")
        for original in list(self._held.values()):
            self._exchange(messages.reversal(original, reason=messages.REASON_NOT_COMPLETED))

    def _exchange(self, fields: Mapping[str, Any]) -> Exchange:
        """Send and tell both ways, whatever the answer."""
        self.client.connect()
        self.narrator.sent(self.client.codec.decode(self.client.codec.encode(fields)))
        self._keep_track(fields)
        exchange = self.client.request(fields)
        self.narrator.answered(exchange.reply, exchange.elapsed_s)
        return exchange

    def _keep_track(self, fields: Mapping[str, Any]) -> None:
        """Remember what may be on hold once this is sent, by its retrieval reference."""
        if fields["mti"].startswith("010") and int(fields["4"]):
            self._held[fields["37"]] = fields
        elif fields["mti"].startswith("04") and "95" not in fields:
            self._held.pop(fields["37"], None)


def run_story(story: Story, scene: Scene) -> bool:
    """Play one story to its end and tell how it ended: True for ok."""
    scene.narrator.title(f"{story.name}: {story.title}")
    started = time.monotonic()
    try:
        story.play(scene)
    except CbsError as error:
        with contextlib.suppress(CbsError):
            scene.give_back()
        scene.narrator.closing(f"{story.name}: {error}", succeeded=False)
        return False
    finally:
        scene.client.close()
    elapsed_s = time.monotonic() - started
    scene.narrator.closing(f"{story.name} ({elapsed_s:.2f} s)", succeeded=True)
    return True

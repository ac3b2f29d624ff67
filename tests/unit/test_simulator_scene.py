"""Scenes: a story that ends halfway says why, and leaves nothing on hold."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from rich.console import Console
from tests.unit.stub_host import StubHost, approve

from cbs.codec import Codec, Message
from cbs.simulator import messages
from cbs.simulator.cards import StoryCards, card_named
from cbs.simulator.client import Client
from cbs.simulator.narrator import Narrator
from cbs.simulator.scene import Scene, Story, run_story

Play = Callable[[Scene], None]
CARD = card_named("1")


@pytest.fixture
def host() -> Iterator[StubHost]:
    stub = StubHost(Codec.load("visa_like"))
    yield stub
    stub.close()


@pytest.fixture
def tell(host: StubHost) -> Callable[[Play], tuple[bool, str]]:
    """Play a story against the stub: how it ended, and what was printed."""

    def run(play: Play) -> tuple[bool, str]:
        printed = io.StringIO()
        client = Client("127.0.0.1", host.port, host.codec, timeout_s=5.0)
        scene = Scene(client, StoryCards("1"), Narrator(Console(file=printed, width=80)))
        return run_story(Story("example", "an example", play), scene), printed.getvalue()

    return run


def test_a_story_that_goes_well_ends_with_ok(tell: Callable[[Play], tuple[bool, str]]) -> None:
    succeeded, printed = tell(
        lambda scene: scene.check(
            scene.request(messages.network_management(messages.ECHO)).response_code == "00", "00"
        )
    )

    assert succeeded
    assert printed.splitlines()[0] == "example: an example"
    assert printed.splitlines()[-1].startswith("ok: example (")


def test_a_story_that_ends_halfway_takes_back_what_it_holds(
    tell: Callable[[Play], tuple[bool, str]], host: StubHost
) -> None:
    def play(scene: Scene) -> None:
        reversed_already = messages.purchase(CARD, 100, "978")
        scene.request(reversed_already)
        scene.request(messages.reversal(reversed_already))
        scene.request(messages.purchase(CARD, 4250, "978"))
        scene.check(False, "the moon")

    succeeded, printed = tell(play)

    assert not succeeded
    assert printed.splitlines()[-1] == "FAILED: example: expected the moon"
    assert [message.mti for message in host.received] == ["0100", "0420", "0100", "0420"]
    assert host.received[3]["37"] == host.received[2]["37"]


def test_an_answer_that_is_not_the_expected_one_is_told_in_words(
    tell: Callable[[Play], tuple[bool, str]], host: StubHost
) -> None:
    def decline(codec: Codec, request: Message) -> list[dict[str, Any]]:
        return [{**fields, "39": "51"} for fields in approve(codec, request)]

    host.answer = decline

    succeeded, printed = tell(lambda scene: request_purchase(scene))

    assert not succeeded
    assert "FAILED: example: expected 00 approved, got: 0110 51 insufficient funds" in printed


def request_purchase(scene: Scene) -> None:
    scene.request(messages.purchase(CARD, 4250, "978"))

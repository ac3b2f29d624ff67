"""Bounds of a server: links, lane queues, and what ends when they are reached."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.unit.link_fakes import FakeDecisions, FakeDesk, make_pending
from tests.unit.test_link_protocol import FakeTransport

from cbs.codec import Codec
from cbs.link.directory import CardDirectory
from cbs.link.lane import Lane
from cbs.link.lanes import Lanes
from cbs.link.limits import Limits
from cbs.link.links import Links
from cbs.link.rules import LinkRules
from cbs.network import Profile
from cbs.telemetry import Telemetry


def make_lanes(count: int, limits: Limits) -> tuple[Lanes, CardDirectory, FakeDecisions]:
    directory, decisions = CardDirectory(count, size_max=100), FakeDecisions()
    lanes = [
        Lane(
            f"lane {index}",
            decisions=decisions,
            desk=FakeDesk(),
            directory=directory,
            limits=limits,
            telemetry=Telemetry(),
            clock=lambda: 0.0,
        )
        for index in range(count)
    ]
    return Lanes(lanes, directory), directory, decisions


def token(first_byte: int) -> bytes:
    return bytes([first_byte]) * 32


def test_a_full_lane_takes_no_more_and_the_others_still_do() -> None:
    async def scenario() -> None:
        lanes, directory, _ = make_lanes(2, Limits(lane_queue_max=2))
        taken = [lanes.submit(make_pending(key=key, token=token(0))) for key in range(3)]
        assert taken == [True, True, False]
        assert lanes.submit(make_pending(key=9, token=token(1)))
        assert lanes.queued == 3
        assert directory._unlisted_in_flight == {token(0): 2, token(1): 1}

    asyncio.run(scenario())


def test_stopping_decides_what_has_queued() -> None:
    async def scenario() -> None:
        lanes, _, decisions = make_lanes(2, Limits())
        for key in range(4):
            lanes.submit(make_pending(key=key, token=token(key)))
        lanes.start()
        await lanes.stop(timeout_s=5)
        assert sorted(decisions.batches) == [[0, 2], [1, 3]]
        assert lanes.queued == 0

    asyncio.run(scenario())


def test_a_lane_that_cannot_finish_is_cut_off_in_time() -> None:
    async def scenario() -> None:
        lanes, _, decisions = make_lanes(1, Limits())
        decisions.gate = asyncio.Event()
        lanes.submit(make_pending(key=1))
        (task,) = lanes.start()
        await decisions.entered.wait()
        await lanes.stop(timeout_s=0.01)
        assert task.cancelled()

    asyncio.run(scenario())


def test_links_beyond_the_bound_are_closed_at_once_until_one_leaves(
    visa_codec: Codec, visa_profile: Profile
) -> None:
    async def scenario() -> None:
        desk: Any = None
        links = Links(
            codec=visa_codec,
            profile=visa_profile,
            rules=LinkRules(),
            desk=desk,
            limits=Limits(links_max=2),
            telemetry=Telemetry(),
            loop=asyncio.get_running_loop(),
        )
        made = [(links.accept(), FakeTransport()) for _ in range(3)]
        for link, transport in made:
            link.connection_made(transport)
        assert [transport.aborted for _, transport in made] == [False, False, True]
        made[0][0].connection_lost(None)
        late, transport = links.accept(), FakeTransport()
        late.connection_made(transport)
        assert not transport.aborted
        assert len(links) == 2

    asyncio.run(scenario())


def test_ending_waits_for_links_and_cuts_them_after_a_while(
    visa_codec: Codec, visa_profile: Profile
) -> None:
    async def scenario() -> None:
        desk: Any = None
        links = Links(
            codec=visa_codec,
            profile=visa_profile,
            rules=LinkRules(),
            desk=desk,
            limits=Limits(),
            telemetry=Telemetry(),
            loop=asyncio.get_running_loop(),
        )
        link, transport = links.accept(), FakeTransport()
        link.connection_made(transport)
        await links.finish("server stopping", timeout_s=0.05)
        assert transport.closed
        assert transport.aborted

    asyncio.run(scenario())

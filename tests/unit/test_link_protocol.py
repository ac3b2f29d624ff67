"""One link over a stand-in transport: writes, back-pressure, faults, ends."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from cbs.codec import Codec, Framer
from cbs.link.limits import Limits
from cbs.link.pending import Pending
from cbs.link.protocol import LinkProtocol
from cbs.link.rules import LinkRules
from cbs.mux.session import LinkSession
from cbs.network import Profile
from cbs.telemetry import Telemetry

PURCHASE = {
    "mti": "0100",
    "2": "4000000000000010",
    "3": "000000",
    "4": "000000000100",
    "7": "0527192031",
    "11": "000001",
    "49": "978",
}


class FakeTransport(asyncio.Transport):
    def __init__(self) -> None:
        super().__init__()
        self.writes: list[bytes] = []
        self.is_reading_now = True
        self.closed = False
        self.aborted = False

    def write(self, data: Any) -> None:
        self.writes.append(bytes(data))

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True

    def abort(self) -> None:
        self.closed = self.aborted = True

    def pause_reading(self) -> None:
        assert self.is_reading_now
        self.is_reading_now = False

    def resume_reading(self) -> None:
        assert not self.is_reading_now
        self.is_reading_now = True

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        pass

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return default


class Bench:
    """A link whose requests pile up on the desk until the test answers them."""

    def __init__(
        self, codec: Codec, profile: Profile, *, originates: bool = False, **rules: Any
    ) -> None:
        self.codec = codec
        self.profile = profile
        self.framer = Framer("vmlh")
        self.queue: list[Pending] = []
        self.telemetry = Telemetry()
        self.transport = FakeTransport()
        self.link = LinkProtocol(
            "in 1",
            codec=codec,
            profile=profile,
            rules=LinkRules(**rules),
            desk=self,
            session=LinkSession(LinkRules(**rules), originates=originates),
            limits=Limits(frame_timeout_s=2.0),
            telemetry=self.telemetry,
            loop=asyncio.get_running_loop(),
        )
        self.link.connection_made(self.transport)

    def receive(self, link: Any, frame: Any, request: Any, now: float) -> None:
        self.queue.append(Pending(link, frame, request, received_at=now, deadline=now + 4))

    def frame(self, **changes: Any) -> bytes:
        values = {**PURCHASE, **{name.removeprefix("f"): text for name, text in changes.items()}}
        return self.framer.wrap(self.codec.encode(values))

    def answer(self, pending: Pending) -> None:
        assert pending.close()
        self.link.send_decision(pending, self.profile.reply(pending.request, "05"))


async def turn() -> None:
    """Let the event loop run what is due, and what that made due."""
    for _ in range(3):
        await asyncio.sleep(0)


def run(scenario: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(scenario())  # type: ignore[arg-type]


def test_all_answers_of_one_turn_leave_in_one_write(
    visa_codec: Codec, visa_profile: Profile
) -> None:
    async def scenario() -> None:
        bench = Bench(visa_codec, visa_profile)
        bench.link.data_received(bench.frame(f11="000001") + bench.frame(f11="000002"))
        for pending in bench.queue:
            bench.answer(pending)
            assert not pending.is_decision_sent
        await turn()
        (data,) = bench.transport.writes
        assert len(Framer("vmlh").feed(data)) == 2
        assert all(pending.is_decision_sent for pending in bench.queue)

    run(scenario)


def test_a_decision_for_a_socket_that_closed_before_the_write_counts_as_unsent(
    visa_codec: Codec, visa_profile: Profile
) -> None:
    async def scenario() -> None:
        bench = Bench(visa_codec, visa_profile)
        bench.link.data_received(bench.frame())
        bench.answer(bench.queue[0])
        bench.transport.close()
        await turn()
        assert not bench.queue[0].is_decision_sent
        assert bench.transport.writes == []
        assert bench.telemetry.unsent == 1

    run(scenario)


def test_reading_pauses_at_the_cap_of_requests_in_flight_and_resumes_at_half(
    visa_codec: Codec, visa_profile: Profile
) -> None:
    async def scenario() -> None:
        bench = Bench(visa_codec, visa_profile, in_flight_max=4)
        for stan in range(3):
            bench.link.data_received(bench.frame(f11=f"{stan + 1:06d}"))
        assert bench.transport.is_reading_now
        bench.link.data_received(bench.frame(f11="000004"))
        assert not bench.transport.is_reading_now
        bench.answer(bench.queue[0])
        assert not bench.transport.is_reading_now
        bench.answer(bench.queue[1])
        assert bench.transport.is_reading_now

    run(scenario)


def test_reading_pauses_while_the_peer_does_not_read(
    visa_codec: Codec, visa_profile: Profile
) -> None:
    async def scenario() -> None:
        bench = Bench(visa_codec, visa_profile)
        bench.link.pause_writing()
        assert not bench.transport.is_reading_now
        bench.link.resume_writing()
        assert bench.transport.is_reading_now

    run(scenario)


def test_both_kinds_of_back_pressure_must_end_before_reading_resumes(
    visa_codec: Codec, visa_profile: Profile
) -> None:
    async def scenario() -> None:
        bench = Bench(visa_codec, visa_profile, in_flight_max=1)
        bench.link.data_received(bench.frame())
        bench.link.pause_writing()
        bench.answer(bench.queue[0])
        assert not bench.transport.is_reading_now
        bench.link.resume_writing()
        assert bench.transport.is_reading_now

    run(scenario)


def test_a_fault_in_the_framing_lets_earlier_frames_be_answered_and_then_closes(
    visa_codec: Codec, visa_profile: Profile
) -> None:
    async def scenario() -> None:
        bench = Bench(visa_codec, visa_profile)
        bench.link.data_received(bench.frame() + b"\xff\xff\x00\x00")
        await turn()
        assert not bench.transport.closed
        bench.answer(bench.queue[0])
        await turn()
        assert bench.transport.closed
        assert bench.queue[0].is_decision_sent

    run(scenario)


def test_a_finishing_link_reads_no_more(visa_codec: Codec, visa_profile: Profile) -> None:
    async def scenario() -> None:
        bench = Bench(visa_codec, visa_profile)
        bench.link.data_received(bench.frame())
        bench.link.finish("server stopping")
        bench.link.data_received(bench.frame(f11="000002"))
        assert len(bench.queue) == 1
        assert not bench.transport.is_reading_now

    run(scenario)


def test_a_request_left_silent_lets_a_finishing_link_close(
    visa_codec: Codec, visa_profile: Profile
) -> None:
    async def scenario() -> None:
        bench = Bench(visa_codec, visa_profile)
        bench.link.data_received(bench.frame())
        bench.link.finish("server stopping")
        bench.queue[0].close()
        await turn()
        assert bench.transport.closed
        assert bench.transport.writes == []

    run(scenario)


def test_an_incomplete_frame_is_given_up_only_after_its_time(
    visa_codec: Codec, visa_profile: Profile
) -> None:
    async def scenario() -> None:
        bench = Bench(visa_codec, visa_profile)
        bench.link.data_received(bench.frame()[:9])
        now = asyncio.get_running_loop().time()
        bench.link.housekeeping(now + 1.9)
        await turn()
        assert not bench.transport.closed
        bench.link.housekeeping(now + 2.1)
        await turn()
        assert bench.transport.closed

    run(scenario)


def test_a_frame_that_this_side_does_not_read_on_is_not_the_fault_of_the_peer(
    visa_codec: Codec, visa_profile: Profile
) -> None:
    async def scenario() -> None:
        bench = Bench(visa_codec, visa_profile, in_flight_max=1)
        bench.link.data_received(bench.frame() + bench.frame()[:9])
        assert not bench.transport.is_reading_now
        bench.link.housekeeping(asyncio.get_running_loop().time() + 60)
        await turn()
        bench.answer(bench.queue[0])
        assert bench.transport.is_reading_now
        resumed_at = asyncio.get_running_loop().time()
        bench.link.housekeeping(resumed_at + 1.9)
        await turn()
        assert not bench.transport.closed
        bench.link.housekeeping(resumed_at + 2.1)
        await turn()
        assert bench.transport.closed

    run(scenario)


def test_a_link_that_ends_as_planned_signs_off_after_its_last_answer(
    visa_codec: Codec, visa_profile: Profile
) -> None:
    async def scenario() -> None:
        bench = Bench(visa_codec, visa_profile, originates=True)
        await turn()
        approval = {"mti": "0810", "7": "0527192031", "11": "000001", "39": "00", "70": "001"}
        bench.link.data_received(bench.framer.wrap(visa_codec.encode(approval)) + bench.frame())
        bench.link.finish("server stopping", signs_off=True)
        await turn()
        assert not bench.transport.closed
        bench.answer(bench.queue[0])
        await turn()
        frames = Framer("vmlh").feed(b"".join(bench.transport.writes))
        types = [visa_codec.decode(frame.body).mti for frame in frames]
        assert types == ["0800", "0110", "0800"]
        assert bench.transport.closed

    run(scenario)


def test_bytes_that_trickle_in_do_not_buy_a_frame_more_time(
    visa_codec: Codec, visa_profile: Profile
) -> None:
    async def scenario() -> None:
        bench = Bench(visa_codec, visa_profile)
        frame = bench.frame()
        began_at = asyncio.get_running_loop().time()
        for place in range(20):
            bench.link.data_received(frame[place : place + 1])
        bench.link.housekeeping(began_at + 2.5)
        await turn()
        assert bench.transport.closed

    run(scenario)


def test_a_network_that_must_sign_on_first_gets_no_decision_before(
    visa_codec: Codec, visa_profile: Profile
) -> None:
    async def scenario() -> None:
        bench = Bench(visa_codec, visa_profile, require_sign_on=True)
        bench.link.data_received(bench.frame())
        assert bench.queue == []
        sign_on = {"mti": "0800", "7": "0527192031", "11": "000009", "70": "001"}
        bench.link.data_received(bench.framer.wrap(visa_codec.encode(sign_on)))
        bench.link.data_received(bench.frame())
        assert len(bench.queue) == 1

    run(scenario)


def test_responses_are_never_answered(visa_codec: Codec, visa_profile: Profile) -> None:
    async def scenario() -> None:
        bench = Bench(visa_codec, visa_profile)
        for message_type in ("0110", "0130", "0410", "0430", "0810"):
            bench.link.data_received(bench.frame(mti=message_type))
        await turn()
        assert bench.queue == []
        assert bench.transport.writes == []

    run(scenario)


def test_a_link_that_is_refused_is_closed_and_counts_nowhere(
    visa_codec: Codec, visa_profile: Profile
) -> None:
    async def scenario() -> None:
        bench = Bench(visa_codec, visa_profile)
        refused = LinkProtocol(
            "in 2",
            codec=visa_codec,
            profile=visa_profile,
            rules=LinkRules(),
            desk=bench,
            session=LinkSession(LinkRules(), originates=False),
            limits=Limits(),
            telemetry=bench.telemetry,
            loop=asyncio.get_running_loop(),
            on_open=lambda _link: False,
        )
        transport = FakeTransport()
        refused.connection_made(transport)
        refused.connection_lost(None)
        assert transport.aborted
        assert bench.telemetry.links == 1

    run(scenario)

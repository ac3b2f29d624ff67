"""The asyncio client: many requests in flight, timeouts that are taken back, links that return."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from tests.unit.mux_host import MuxHost, approved

from cbs.codec import Codec, Message
from cbs.mux.client import Mux
from cbs.mux.errors import HostUnreachableError, LinkClosedError, ReplyTimeoutError
from cbs.mux.matcher import DuplicateRequestError, MatchRules
from cbs.mux.rules import Event, Hooks, MuxRules, Report
from cbs.mux.session import SessionRules

CODEC = Codec.load("visa_like")
_stans = itertools.count(1)


def purchase(**changes: Any) -> dict[str, Any]:
    stan = f"{next(_stans):06d}"
    fields: dict[str, Any] = {
        "mti": "0100",
        "2": "4000000000000010",
        "4": "000000000100",
        "7": "1121123000",
        "11": stan,
        "37": f"432512{stan}",
        "41": "TERM0001",
    }
    return fields | {name.removeprefix("f"): text for name, text in changes.items()}


def reversal_of(request: Message) -> dict[str, Any]:
    kept = {number: request.reveal(number) for number in ("2", "4", "7", "37", "41")}
    return {"mti": "0420", **kept, "11": f"{int(request['11']) + 500_000:06d}"}


class Bench:
    """A host, a client of it, and what the client reported."""

    def __init__(self, host: MuxHost, mux: Mux, reports: list[Report]) -> None:
        self.host, self.mux, self.reports = host, mux, reports
        self.reported = asyncio.Event()

    def note(self, report: Report) -> None:
        self.reports.append(report)
        self.reported.set()

    def events(self) -> list[Event]:
        return [report.event for report in self.reports]

    async def until_reported(self, event: Event, count: int = 1) -> Report:
        async with asyncio.timeout(10):
            while self.events().count(event) < count:
                self.reported.clear()
                await self.reported.wait()
        return [report for report in self.reports if report.event is event][count - 1]


@asynccontextmanager
async def bench(
    answer: Callable[[Message], list[dict[str, Any]] | None] = approved,
    **options: Any,
) -> AsyncIterator[Bench]:
    """A connected client. `reversal` and `answer_of_ours` are hooks; the rest are its rules."""
    host = MuxHost(CODEC)
    host.answer = answer
    made: Bench
    hooks = Hooks(
        report=lambda report: made.note(report),
        reversal=options.pop("reversal", lambda _request: None),
        answer=options.pop("answer_of_ours", lambda _request: None),
    )
    rules = MuxRules(retry_delay_s=0.01, retry_delay_s_max=0.05, **options)
    async with host.listening():
        mux = Mux("127.0.0.1", host.port, CODEC, rules=rules, hooks=hooks)
        made = Bench(host, mux, [])
        async with mux:
            yield made


def run(scenario: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(asyncio.wait_for(scenario(), 30))


def test_replies_in_any_order_reach_their_own_requests() -> None:
    held: list[dict[str, Any]] = []

    def backwards(request: Message) -> list[dict[str, Any]]:
        if request.mti != "0100":
            return approved(request)
        held.extend(approved(request))
        return held[::-1] if len(held) == 50 else []

    async def scenario() -> None:
        async with bench(backwards) as it:
            asked = [purchase() for _ in range(50)]
            replies = await asyncio.gather(*(it.mux.request(fields) for fields in asked))
            assert [reply["11"] for reply in replies] == [fields["11"] for fields in asked]
            assert it.mux.in_flight == 0

    run(scenario)


def test_it_signs_on_first_and_signs_off_last() -> None:
    async def scenario() -> None:
        async with bench() as it:
            assert it.mux.is_up
            await it.mux.request(purchase())
            host = it.host
        await host.until(lambda: len(host.received) == 3)
        assert host.types() == ["0800", "0100", "0800"]
        assert [host.received[place]["70"] for place in (0, 2)] == ["001", "002"]

    run(scenario)


def test_a_duplicate_of_what_is_in_flight_does_not_leave() -> None:
    async def scenario() -> None:
        async with bench(lambda request: approved(request) if request.mti == "0800" else []) as it:
            fields = purchase()
            first = asyncio.create_task(it.mux.request(fields))
            await it.host.until(lambda: "0100" in it.host.types())
            with pytest.raises(DuplicateRequestError):
                await it.mux.request(fields | {"mti": "0101"})
            it.host.send(approved(it.host.received[-1])[0])
            assert (await first)["39"] == "00"
            assert it.host.types() == ["0800", "0100"]

    run(scenario)


def test_silence_ends_in_a_timeout_and_is_taken_back_until_that_is_answered() -> None:
    silent = iter([True, True, False])

    def answer(request: Message) -> list[dict[str, Any]]:
        if request.mti == "0100" or (request.mti[:3] == "042" and next(silent)):
            return []
        return approved(request)

    async def scenario() -> None:
        async with bench(answer, reversal=reversal_of, request_timeout_s=0.05) as it:
            with pytest.raises(ReplyTimeoutError, match="did not answer in time"):
                await it.mux.request(purchase())
            report = await it.until_reported(Event.REVERSED)
            assert report.message is not None
            assert report.message.mti == "0430"
            assert it.host.types() == ["0800", "0100", "0420", "0421", "0421"]
            assert it.mux.reversals_pending == 0

    run(scenario)


def test_a_reversal_outlives_the_link_it_was_owed_on() -> None:
    cuts = iter([True, False])

    def answer(request: Message) -> list[dict[str, Any]] | None:
        if request.mti == "0100" and next(cuts):
            return None
        return approved(request)

    async def scenario() -> None:
        async with bench(answer, reversal=reversal_of) as it:
            with pytest.raises(LinkClosedError, match="is gone"):
                await it.mux.request(purchase())
            await it.until_reported(Event.REVERSED)
            assert (await it.mux.request(purchase()))["39"] == "00"
            assert it.host.types() == ["0800", "0100", "0800", "0420", "0100"]
            assert it.events()[:3] == [Event.LINK_UP, Event.LINK_DOWN, Event.LINK_UP]

    run(scenario)


def test_a_reversal_that_nobody_answers_is_told_at_the_end() -> None:
    async def scenario() -> None:
        async with bench(
            lambda request: approved(request) if request.mti == "0800" else [],
            reversal=reversal_of,
            request_timeout_s=0.02,
            reversal_attempts_max=2,
        ) as it:
            with pytest.raises(ReplyTimeoutError):
                await it.mux.request(purchase())
            report = await it.until_reported(Event.REVERSAL_LOST)
            assert report.text.startswith("0421 with trace number")
            assert it.host.types() == ["0800", "0100", "0420", "0421"]

    run(scenario)


def test_late_duplicate_and_unknown_replies_are_reported() -> None:
    async def scenario() -> None:
        async with bench(
            lambda request: approved(request) if request.mti == "0800" else [],
            request_timeout_s=0.02,
        ) as it:
            fields = purchase()
            with pytest.raises(ReplyTimeoutError):
                await it.mux.request(fields)
            (late,) = approved(it.host.received[-1])
            for reply in (late, late, late | {"11": "999999"}):
                it.host.send(reply)
            report = await it.until_reported(Event.LATE_REPLY)
            assert report.request is not None
            assert report.request["11"] == fields["11"]
            await it.until_reported(Event.UNKNOWN_REPLY)
            assert it.events()[1:] == [
                Event.LATE_REPLY,
                Event.DUPLICATE_REPLY,
                Event.UNKNOWN_REPLY,
            ]
            assert "4000000000000010" not in repr(it.reports)

    run(scenario)


def test_what_answers_a_cancelled_request_is_late_and_taken_back() -> None:
    async def scenario() -> None:
        async with bench(
            lambda request: [] if request.mti == "0100" else approved(request),
            reversal=reversal_of,
        ) as it:
            asking = asyncio.create_task(it.mux.request(purchase()))
            await it.host.until(lambda: "0100" in it.host.types())
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)
            it.host.send(approved(it.host.received[-1])[0])
            await it.until_reported(Event.REVERSED)
            assert Event.LATE_REPLY in it.events()

    run(scenario)


def test_only_requests_are_answered_and_echo_tests_by_themselves() -> None:
    async def scenario() -> None:
        async with bench() as it:
            it.host.send({"mti": "0800", "7": "1121123000", "11": "000077", "70": "301"})
            it.host.send({"mti": "0810", "7": "1121123000", "11": "000078", "70": "301"})
            it.host.send({"mti": "0100", "7": "1121123000", "11": "000079"})
            it.host.send({"mti": "0800", "7": "1121123000", "11": "000080", "70": "301"})
            await it.host.until(lambda: it.host.types().count("0810") == 2)
            answers = [message for message in it.host.received if message.mti == "0810"]
            assert [answer["11"] for answer in answers] == ["000077", "000080"]
            assert [answer["39"] for answer in answers] == ["00", "00"]
            assert it.events()[1:] == [Event.UNKNOWN_REPLY, Event.UNANSWERED_REQUEST]

    run(scenario)


def test_a_peer_may_be_given_an_answer_of_ones_own() -> None:
    def decline(request: Message) -> dict[str, Any]:
        return approved(request)[0] | {"39": "05"}

    async def scenario() -> None:
        async with bench(answer_of_ours=decline) as it:
            it.host.send(purchase())
            await it.host.until(lambda: "0110" in it.host.types())
            assert it.host.received[-1]["39"] == "05"

    run(scenario)


def test_an_idle_link_is_tested_and_one_that_does_not_answer_is_made_anew() -> None:
    def mute(request: Message) -> list[dict[str, Any]]:
        return approved(request) if request.get("70") == "001" else []

    async def scenario() -> None:
        session = SessionRules(echo_interval_s=0.02, echo_missed_max=1)
        async with bench(mute, session=session, tick_s=0.01) as it:
            await it.host.until(lambda: "301" in [m.get("70") for m in it.host.received])
            # The session waits five seconds for the answer; nobody has to wait for that here.
            link = it.mux._link
            assert link is not None
            link.session._response_timeout_s = 0.0
            await it.until_reported(Event.LINK_UP, count=2)
            down = await it.until_reported(Event.LINK_DOWN)
            assert "1 requests in a row were not answered" in down.text

    run(scenario)


def test_a_refused_sign_on_leaves_the_link_down() -> None:
    async def scenario() -> None:
        with pytest.raises(HostUnreachableError, match="sign-on refused with response code 05"):
            async with bench(
                lambda request: [approved(request)[0] | {"39": "05"}], connect_timeout_s=0.2
            ):
                pass

    run(scenario)


def test_without_a_host_the_reason_is_told_and_a_later_host_is_found() -> None:
    async def scenario() -> None:
        host = MuxHost(CODEC)
        async with host.listening():
            pass
        rules = MuxRules(connect_timeout_s=0.1, retry_delay_s=0.01, retry_delay_s_max=0.02)
        mux = Mux("127.0.0.1", host.port, CODEC, rules=rules)
        with pytest.raises(HostUnreachableError, match=r"no link to 127.0.0.1:\d+: .*refused"):
            async with mux:
                pass
        mux.start()
        with pytest.raises(LinkClosedError, match="there is no link"):
            await mux.request(purchase())
        async with host.listening():
            await mux.wait_up(10)
            assert (await mux.request(purchase()))["39"] == "00"
            await mux.close()

    run(scenario)


def test_a_fault_in_a_hook_is_not_swallowed() -> None:
    def broken(_request: Message) -> dict[str, Any]:
        raise RuntimeError("a fault of the caller's")

    async def scenario() -> None:
        async with bench(answer_of_ours=broken) as it:
            it.host.send(purchase())
            await asyncio.wait(it.mux._tasks, return_when=asyncio.FIRST_COMPLETED)
            with pytest.raises(LinkClosedError) as caught:
                await it.mux.request(purchase())
            assert isinstance(caught.value.__cause__, RuntimeError)

    run(scenario)


def test_a_hook_that_fails_keeps_nobody_else_from_being_taken_back() -> None:
    def reversal(request: Message) -> dict[str, Any]:
        if request["41"] == "TERM0002":
            raise RuntimeError(request.reveal("2"))
        return reversal_of(request)

    async def scenario() -> None:
        async with bench(
            lambda request: [] if request.mti == "0100" else approved(request),
            reversal=reversal,
            request_timeout_s=0.05,
        ) as it:
            asked = [purchase(f41="TERM0002"), purchase()]
            outcomes = await asyncio.gather(
                *(it.mux.request(fields) for fields in asked), return_exceptions=True
            )
            assert [type(outcome) for outcome in outcomes] == [ReplyTimeoutError] * 2
            await it.until_reported(Event.REVERSED)
            lost = await it.until_reported(Event.REVERSAL_LOST)
            assert lost.text.endswith("the hook raised RuntimeError")

    run(scenario)


def test_no_more_are_in_flight_than_may_be() -> None:
    async def scenario() -> None:
        async with bench(
            lambda request: approved(request) if request.mti == "0800" else [],
            match=MatchRules(in_flight_max=2),
            request_timeout_s=0.2,
        ) as it:
            outcomes = await asyncio.gather(
                *(it.mux.request(purchase()) for _ in range(3)), return_exceptions=True
            )
            names = sorted(type(outcome).__name__ for outcome in outcomes)
            assert names == ["ReplyTimeoutError", "ReplyTimeoutError", "TooManyInFlightError"]

    run(scenario)

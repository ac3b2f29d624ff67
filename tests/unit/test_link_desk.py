"""The desk: exactly one answer or one silence for every request."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.link_fakes import FakeFrame, FakeLink, FakeRequest, make_outcome

from cbs.errors import EncodeError
from cbs.link.desk import AuthorizationDesk
from cbs.link.limits import Limits
from cbs.link.pending import Pending
from cbs.link.rules import LinkRules
from cbs.telemetry import Telemetry


class FakeProfile:
    def reply(self, _request: Any, response_code: str, **_more: Any) -> bytes:
        if response_code == "unencodable":
            raise EncodeError("no", path="39")
        return response_code.encode()


class FakeRouter:
    def __init__(self) -> None:
        self.queue: list[Pending] = []
        self.is_full = False

    def submit(self, pending: Pending) -> bool:
        if not self.is_full:
            self.queue.append(pending)
        return not self.is_full


class FakeDeadlines:
    def watch(self, pending: Pending) -> None:
        pass


class Bench:
    def __init__(self, *, declines: bool = True) -> None:
        profile: Any = FakeProfile()
        self.telemetry = Telemetry()
        self.router = FakeRouter()
        self.desk = AuthorizationDesk(
            profile,
            LinkRules(declines_late_requests=declines),
            limits=Limits(),
            telemetry=self.telemetry,
        )
        deadlines: Any = FakeDeadlines()
        self.desk.attach(router=self.router, deadlines=deadlines)
        self.link = FakeLink()

    def receive(self, message_type: str = "0100") -> Pending:
        frame: Any = FakeFrame()
        request: Any = FakeRequest(message_type)
        self.desk.receive(self.link, frame, request, 0.0)
        return self.router.queue[-1]

    @property
    def decisions(self) -> list[bytes]:
        return [body for _, body in self.link.decisions]

    @property
    def replies(self) -> list[bytes]:
        return [body for _, body in self.link.replies]


def test_a_decision_is_sent_once() -> None:
    bench = Bench()
    pending = bench.receive()
    bench.desk.answer(pending, make_outcome("00"), 1.0)
    bench.desk.answer(pending, make_outcome("00"), 1.0)
    bench.desk.expire(pending)
    assert bench.decisions == [b"00"]
    assert bench.replies == []
    assert bench.link.finished_count == 1


def test_a_request_at_its_deadline_is_answered_91_and_its_later_decision_is_not_sent() -> None:
    bench = Bench()
    pending = bench.receive()
    bench.desk.expire(pending)
    bench.desk.answer(pending, make_outcome("00"), 1.0)
    assert bench.replies == [b"91"]
    assert bench.decisions == []
    assert not pending.is_decision_sent
    assert bench.link.finished_count == 1


def test_a_network_that_wants_silence_gets_silence() -> None:
    bench = Bench(declines=False)
    bench.desk.expire(bench.receive())
    assert bench.replies == []
    assert bench.link.finished_count == 1


@pytest.mark.parametrize("message_type", ["0120", "0121", "0220", "0420"])
def test_an_advice_is_never_refused(message_type: str) -> None:
    bench = Bench()
    bench.desk.expire(bench.receive(message_type))
    bench.desk.fail(bench.receive(message_type), "22P02")
    assert bench.replies == []
    assert bench.link.finished_count == 2


def test_a_request_that_the_database_refuses_is_answered_96() -> None:
    bench = Bench()
    bench.desk.fail(bench.receive(), "22P02")
    assert bench.replies == [b"96"]


def test_a_full_lane_refuses_at_once() -> None:
    bench = Bench()
    bench.receive()
    bench.router.is_full = True
    bench.receive()
    assert bench.replies == [b"91"]
    assert bench.telemetry.shed == 1


def test_nothing_is_written_to_a_link_that_is_gone() -> None:
    bench = Bench()
    first, second, third = bench.receive(), bench.receive(), bench.receive()
    bench.link.is_open = False
    bench.desk.answer(first, make_outcome("00"), 1.0)
    bench.desk.expire(second)
    bench.desk.abandon(third)
    assert bench.decisions == []
    assert bench.replies == []
    assert bench.link.finished_count == 3
    assert not first.is_decision_sent


def test_a_reply_that_cannot_be_built_counts_as_unsent() -> None:
    bench = Bench()
    pending = bench.receive()
    bench.desk.answer(pending, make_outcome("unencodable"), 1.0)
    assert bench.decisions == []
    assert not pending.is_decision_sent


@pytest.mark.parametrize(("deadline_ms", "wait_s"), [(4000, 3.9), (500, 0.45), (50, 0.045)])
def test_the_refusal_leaves_before_the_deadline(deadline_ms: int, wait_s: float) -> None:
    assert LinkRules(deadline_ms=deadline_ms).answer_within_s(100) == pytest.approx(wait_s)

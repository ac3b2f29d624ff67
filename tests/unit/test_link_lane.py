"""One lane: batches without a timer, lost connections, poisoned records, unsent approvals."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from tests.unit.link_fakes import FakeDecisions, FakeDesk, FakeLink, make_outcome, make_pending

from cbs.database.decision import CallAgainError, ConnectionLostError, RecordRefusedError
from cbs.link import lane as lane_module
from cbs.link.directory import CardDirectory
from cbs.link.lane import Lane
from cbs.link.limits import Limits
from cbs.telemetry import Telemetry


class Bench:
    """A lane over fakes, with a clock that the test moves."""

    def __init__(self, *, batch_size_max: int = 256) -> None:
        self.decisions = FakeDecisions()
        self.desk = FakeDesk()
        self.now = 0.0
        self.directory = CardDirectory(1, size_max=100)
        self.lane = Lane(
            "lane 0",
            decisions=self.decisions,
            desk=self.desk,
            directory=self.directory,
            limits=Limits(batch_size_max=batch_size_max),
            telemetry=Telemetry(),
            clock=lambda: self.now,
        )

    async def run_until_idle(self) -> None:
        self.lane.stop()
        await asyncio.wait_for(self.lane.run(), 10)


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Back-off is about time, and these tests are about order."""
    for name in ("RECONNECT_DELAY_S", "RECONNECT_DELAY_S_MAX", "CALL_AGAIN_DELAY_S"):
        monkeypatch.setattr(lane_module, name, 0.0)


def run(test: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(test())  # type: ignore[arg-type]


async def _gated(bench: Bench) -> asyncio.Task[None]:
    """A lane whose first call is held open."""
    bench.decisions.gate = asyncio.Event()
    task = asyncio.create_task(bench.lane.run())
    await bench.decisions.entered.wait()
    return task


async def _finish(bench: Bench, task: asyncio.Task[None]) -> None:
    assert bench.decisions.gate is not None
    bench.decisions.gate.set()
    bench.lane.stop()
    await asyncio.wait_for(task, 10)


def test_what_queued_during_a_call_is_the_next_batch() -> None:
    async def scenario() -> None:
        bench = Bench()
        bench.lane.submit(make_pending(key=1))
        task = await _gated(bench)
        for key in (2, 3, 4):
            bench.lane.submit(make_pending(key=key))
        await _finish(bench, task)
        assert bench.decisions.batches == [[1], [2, 3, 4]]

    run(scenario)


def test_a_batch_is_no_larger_than_its_bound() -> None:
    async def scenario() -> None:
        bench = Bench(batch_size_max=2)
        for key in range(1, 6):
            bench.lane.submit(make_pending(key=key))
        await bench.run_until_idle()
        assert bench.decisions.batches == [[1, 2], [3, 4], [5]]

    run(scenario)


def test_a_request_that_is_closed_in_the_queue_is_not_decided() -> None:
    async def scenario() -> None:
        bench = Bench()
        expired = make_pending(key=1)
        expired.close()
        bench.lane.submit(expired)
        bench.lane.submit(make_pending(key=2))
        await bench.run_until_idle()
        assert bench.decisions.batches == [[2]]

    run(scenario)


def test_a_request_past_its_deadline_expires_undecided() -> None:
    async def scenario() -> None:
        bench = Bench()
        bench.lane.submit(make_pending(key=1, deadline=5.0))
        bench.now = 5.0
        await bench.run_until_idle()
        assert bench.decisions.batches == []
        assert bench.desk.expired == [1]

    run(scenario)


def test_a_request_whose_link_is_gone_is_abandoned_undecided() -> None:
    async def scenario() -> None:
        bench = Bench()
        link = FakeLink()
        link.is_open = False
        bench.lane.submit(make_pending(key=1, link=link))
        await bench.run_until_idle()
        assert bench.decisions.batches == []
        assert bench.desk.abandoned == [1]

    run(scenario)


def test_an_approval_that_came_after_its_deadline_is_voided() -> None:
    async def scenario() -> None:
        bench = Bench()
        late = make_pending(key=1)
        bench.lane.submit(late)
        task = await _gated(bench)
        late.close()
        await _finish(bench, task)
        assert bench.decisions.voids == [[1]]
        assert bench.desk.answered == []

    run(scenario)


def test_a_decline_that_came_after_its_deadline_needs_no_void() -> None:
    async def scenario() -> None:
        bench = Bench()
        bench.decisions.script.append(lambda _requests: [make_outcome("51")])
        late = make_pending(key=1)
        bench.lane.submit(late)
        task = await _gated(bench)
        late.close()
        await _finish(bench, task)
        assert bench.decisions.voids == []

    run(scenario)


@pytest.mark.parametrize("message_type", ["0120", "0220", "0400", "0420"])
def test_only_approved_requests_for_money_are_voided(message_type: str) -> None:
    async def scenario() -> None:
        bench = Bench()
        late = make_pending(message_type, key=1)
        bench.lane.submit(late)
        task = await _gated(bench)
        late.close()
        await _finish(bench, task)
        assert bench.decisions.voids == []

    run(scenario)


def test_an_approval_whose_socket_closed_before_the_write_is_voided() -> None:
    async def scenario() -> None:
        bench = Bench()
        link = FakeLink()
        bench.lane.submit(make_pending(key=1, link=link))
        task = await _gated(bench)
        link.is_open = False
        await _finish(bench, task)
        assert bench.decisions.voids == [[1]]

    run(scenario)


def test_a_void_goes_before_a_repeat_that_is_queued_already() -> None:
    async def scenario() -> None:
        bench = Bench()
        link = FakeLink()
        bench.lane.submit(make_pending(key=1, link=link))
        task = await _gated(bench)
        link.is_open = False
        bench.lane.submit(make_pending("0101", key=1))
        await _finish(bench, task)
        assert bench.decisions.log == ["authorize [1]", "void [1]", "authorize [1]"]

    run(scenario)


def test_an_approval_that_one_of_two_copies_got_is_not_voided() -> None:
    async def scenario() -> None:
        bench = Bench()
        gone = FakeLink()
        bench.lane.submit(make_pending(key=1, link=gone))
        bench.lane.submit(make_pending(key=1))
        bench.decisions.script.append(
            lambda _requests: [make_outcome(), make_outcome(is_replay=True)]
        )
        task = await _gated(bench)
        gone.is_open = False
        await _finish(bench, task)
        assert bench.decisions.voids == []
        assert bench.desk.answered == [(1, "00")]

    run(scenario)


def test_an_unsent_replay_is_not_voided_because_its_original_may_have_been_answered() -> None:
    async def scenario() -> None:
        bench = Bench()
        gone = FakeLink()
        bench.lane.submit(make_pending("0101", key=1, link=gone))
        bench.decisions.script.append(lambda _requests: [make_outcome(is_replay=True)])
        task = await _gated(bench)
        gone.is_open = False
        await _finish(bench, task)
        assert bench.decisions.voids == []

    run(scenario)


def test_a_lost_connection_is_opened_again_and_the_same_batch_sent_again() -> None:
    async def scenario() -> None:
        bench = Bench()
        bench.decisions.script.append(ConnectionLostError("gone"))
        bench.decisions.open_failures = [ConnectionLostError("still gone")] * 3
        bench.lane.submit(make_pending(key=1))
        bench.lane.submit(make_pending(key=2))
        await bench.run_until_idle()
        assert bench.decisions.batches == [[1, 2], [1, 2]]
        assert bench.decisions.opened == 4
        assert bench.desk.answered == [(1, "00"), (2, "00")]
        assert bench.decisions.voids == []

    run(scenario)


def test_what_expired_while_the_outcome_was_unknown_is_voided_and_not_decided_again() -> None:
    async def scenario() -> None:
        bench = Bench()
        early, late = make_pending(key=1, deadline=5.0), make_pending(key=2, deadline=50.0)
        bench.decisions.script.append(ConnectionLostError("gone"))
        bench.lane.submit(early)
        bench.lane.submit(late)
        task = await _gated(bench)
        bench.now = 10.0
        await _finish(bench, task)
        assert bench.decisions.log == ["authorize [1, 2]", "open", "void [1]", "authorize [2]"]
        assert bench.desk.expired == [1]
        assert bench.desk.answered == [(2, "00")]

    run(scenario)


@pytest.mark.parametrize("message_type", ["0100", "0101"])
def test_the_void_of_an_unknown_outcome_names_its_very_message(message_type: str) -> None:
    """Neither digit tells whether another copy was answered: only the database can."""

    async def scenario() -> None:
        bench = Bench()
        bench.decisions.script.append(ConnectionLostError("gone"))
        pending = make_pending(message_type, key=1, deadline=5.0)
        bench.lane.submit(pending)
        task = await _gated(bench)
        bench.now = 10.0
        await _finish(bench, task)
        assert bench.decisions.voids == [[1]]
        assert bench.decisions.voided_traces == [pending.trace_id]

    run(scenario)


def test_after_a_lost_call_a_replay_may_be_the_request_itself_and_is_voided_if_unsent() -> None:
    async def scenario() -> None:
        bench = Bench()
        link = FakeLink()
        pending = make_pending(key=1, link=link)

        def replay(_requests: object) -> list[object]:
            link.is_open = False
            return [make_outcome(is_replay=True)]

        bench.decisions.script += [ConnectionLostError("gone"), replay]  # type: ignore[list-item]
        bench.lane.submit(pending)
        await bench.run_until_idle()
        assert bench.decisions.voids == [[1]]

    run(scenario)


def test_a_void_outlives_a_lost_connection() -> None:
    async def scenario() -> None:
        bench = Bench()
        link = FakeLink()
        bench.decisions.void_failures = [
            ConnectionLostError("gone"),
            CallAgainError("40001"),
        ]
        bench.lane.submit(make_pending(key=1, link=link))
        task = await _gated(bench)
        link.is_open = False
        await _finish(bench, task)
        assert bench.decisions.voids == [[1], [1], [1]]

    run(scenario)


def test_a_void_that_the_database_refuses_does_not_stop_the_lane() -> None:
    async def scenario() -> None:
        bench = Bench()
        link = FakeLink()
        bench.decisions.void_failures = [RecordRefusedError("XX000")]
        bench.lane.submit(make_pending(key=1, link=link))
        task = await _gated(bench)
        link.is_open = False
        bench.lane.submit(make_pending(key=2))
        await _finish(bench, task)
        assert bench.decisions.voids == [[1]]
        assert bench.desk.answered == [(2, "00")]

    run(scenario)


def test_a_call_that_was_rolled_back_in_passing_is_made_again() -> None:
    async def scenario() -> None:
        bench = Bench()
        bench.decisions.script += [CallAgainError("40P01"), CallAgainError("40001")]
        bench.lane.submit(make_pending(key=1))
        await bench.run_until_idle()
        assert bench.decisions.batches == [[1]] * 3
        assert bench.decisions.opened == 0
        assert bench.desk.answered == [(1, "00")]

    run(scenario)


def test_a_poisoned_record_is_found_by_halves_and_alone_fails() -> None:
    async def scenario() -> None:
        bench = Bench()
        poison = 5

        async def authorize(now: object, requests: object) -> list[object]:
            keys = await original(now, requests)  # type: ignore[arg-type]
            if poison in bench.decisions.batches[-1]:
                raise RecordRefusedError("22P02")
            return keys  # type: ignore[return-value]

        original = bench.decisions.authorize
        bench.decisions.authorize = authorize  # type: ignore[method-assign,assignment]
        for key in range(8):
            bench.lane.submit(make_pending(key=key))
        await bench.run_until_idle()
        assert bench.desk.failed == [poison]
        assert [key for key, _ in bench.desk.answered] == [0, 1, 2, 3, 4, 6, 7]

    run(scenario)


def test_outcomes_that_do_not_fit_the_batch_answer_nobody_wrongly() -> None:
    async def scenario() -> None:
        bench = Bench()
        bench.decisions.script += [lambda _requests: []] * 3
        bench.lane.submit(make_pending(key=1))
        bench.lane.submit(make_pending(key=2))
        await bench.run_until_idle()
        assert bench.desk.answered == []
        assert bench.desk.failed == [1, 2]

    run(scenario)


def test_a_learned_card_moves_only_after_its_batch() -> None:
    async def scenario() -> None:
        bench = Bench()
        pending = make_pending(key=1)
        bench.directory.route(pending)
        bench.lane.submit(pending)
        await bench.run_until_idle()
        assert len(bench.directory) == 1
        assert not pending.unlisted

    run(scenario)

"""Which reply answers which request: composite keys, duplicates, what comes late or twice."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cbs.codec import Codec, Message
from cbs.message_types import exchange_type, repeat_mti, reply_mti, wants_reply
from cbs.mux.matcher import (
    DuplicateRequestError,
    ExchangeError,
    Matcher,
    MatchRules,
    TooManyInFlightError,
    Verdict,
)

CODEC = Codec.load("visa_like")
REQUEST = {
    "mti": "0100",
    "7": "1121123000",
    "11": "000001",
    "13": "1121",
    "37": "432512000001",
    "41": "TERM0001",
}


def message(**changes: Any) -> Message:
    """`REQUEST` with other elements: `mti="0110"`, `f41="TERM0002"`, None removes one."""
    fields = REQUEST | {name.removeprefix("f"): text for name, text in changes.items()}
    given = {name: text for name, text in fields.items() if text is not None}
    return CODEC.decode(CODEC.encode(given))


def reply(**changes: Any) -> Message:
    return message(**{"mti": "0110", "f39": "00", **changes})


def sent(matcher: Matcher[str], token: str = "it", timeout_s: float = 5.0, **changes: Any) -> None:
    matcher.sent(message(**changes), token, now=0.0, timeout_s=timeout_s)


@pytest.mark.parametrize(
    ("request_mti", "expected"),
    [("0100", "0110"), ("0101", "0110"), ("0121", "0130"), ("0420", "0430"), ("1804", "1810")],
)
def test_a_reply_has_the_function_of_its_request_plus_one(request_mti: str, expected: str) -> None:
    assert reply_mti(request_mti) == expected
    assert exchange_type(request_mti) == exchange_type(expected)
    assert wants_reply(request_mti)
    assert not wants_reply(expected)


def test_a_repeat_differs_in_its_last_digit() -> None:
    assert [repeat_mti(mti) for mti in ("0100", "0101", "0420")] == ["0101", "0101", "0421"]


def test_a_reply_finds_its_request_once() -> None:
    matcher: Matcher[str] = Matcher()
    sent(matcher)
    arrival = matcher.arrived(reply(), now=1.0)
    assert (arrival.verdict, arrival.token) == (Verdict.REPLY, "it")
    assert len(matcher) == 0
    again = matcher.arrived(reply(), now=1.1)
    assert (again.verdict, again.token) == (Verdict.DUPLICATE, "it")


@pytest.mark.parametrize(
    "change",
    [
        {"f11": "000002"},
        {"f41": "TERM0002"},
        {"f37": "432512000002"},
        {"f13": "1122"},
        {"f7": "1121123001"},
        {"mti": "0130"},
        {"mti": "0210"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_every_part_of_the_key_counts(change: dict[str, str]) -> None:
    matcher: Matcher[str] = Matcher()
    sent(matcher)
    assert matcher.arrived(reply(**change), now=1.0).verdict is Verdict.UNKNOWN
    assert len(matcher) == 1


def test_what_a_reply_leaves_out_is_not_compared() -> None:
    matcher: Matcher[str] = Matcher()
    sent(matcher)
    bare = reply(f7=None, f13=None, f37=None, f41=None)
    assert matcher.arrived(bare, now=1.0).verdict is Verdict.REPLY


def test_one_trace_number_may_be_in_flight_from_two_terminals() -> None:
    matcher: Matcher[str] = Matcher()
    sent(matcher, "one")
    sent(matcher, "two", f41="TERM0002")
    assert matcher.arrived(reply(f41=None), now=1.0).verdict is Verdict.AMBIGUOUS
    assert matcher.arrived(reply(f41="TERM0002"), now=1.0).token == "two"
    assert matcher.arrived(reply(), now=1.0).token == "one"


def test_a_duplicate_of_what_is_in_flight_is_refused() -> None:
    matcher: Matcher[str] = Matcher()
    sent(matcher)
    with pytest.raises(DuplicateRequestError, match="0101 with the same field 11 awaits"):
        sent(matcher, mti="0101")
    assert len(matcher) == 1


def test_after_a_timeout_the_same_message_may_be_sent_again() -> None:
    matcher: Matcher[str] = Matcher()
    sent(matcher, "first", timeout_s=1.0)
    assert matcher.expire(1.0) == ["first"]
    sent(matcher, "again", mti="0101")
    assert matcher.arrived(reply(), now=2.0).token == "again"
    assert matcher.arrived(reply(), now=2.0).verdict is Verdict.DUPLICATE


def test_a_reply_that_may_be_a_late_one_to_another_request_answers_neither() -> None:
    matcher: Matcher[str] = Matcher()
    sent(matcher, "given up", timeout_s=1.0)
    matcher.expire(1.0)
    sent(matcher, "waits", f41="TERM0002")
    assert matcher.arrived(reply(f41=None), now=2.0).verdict is Verdict.AMBIGUOUS
    late = matcher.arrived(reply(), now=2.0)
    assert (late.verdict, late.token) == (Verdict.LATE, "given up")
    arrival = matcher.arrived(reply(f41=None), now=2.0)
    assert (arrival.verdict, arrival.token) == (Verdict.REPLY, "waits")


def test_a_reply_after_its_timeout_is_late_and_names_its_request() -> None:
    matcher: Matcher[str] = Matcher()
    sent(matcher, timeout_s=1.0)
    assert matcher.next_deadline() == 1.0
    assert matcher.expire(0.9) == []
    assert matcher.expire(1.0) == ["it"]
    assert matcher.next_deadline() is None
    arrival = matcher.arrived(reply(), now=3.0)
    assert (arrival.verdict, arrival.token) == (Verdict.LATE, "it")
    assert matcher.arrived(reply(), now=3.0).verdict is Verdict.DUPLICATE


def test_what_ended_is_forgotten_after_its_time_and_beyond_its_number() -> None:
    matcher: Matcher[str] = Matcher(MatchRules(remembered_max=2, remembered_s=60.0))
    for stan in ("000001", "000002", "000003"):
        sent(matcher, stan, f11=stan)
        matcher.arrived(reply(f11=stan), now=1.0)
    assert matcher.arrived(reply(f11="000001"), now=2.0).verdict is Verdict.UNKNOWN
    assert matcher.arrived(reply(f11="000003"), now=2.0).verdict is Verdict.DUPLICATE
    assert matcher.arrived(reply(f11="000003"), now=90.0).verdict is Verdict.UNKNOWN


def test_no_more_are_in_flight_than_may_be() -> None:
    matcher: Matcher[str] = Matcher(MatchRules(in_flight_max=1))
    sent(matcher)
    with pytest.raises(TooManyInFlightError):
        sent(matcher, f11="000002")


def test_only_what_is_answered_can_be_requested_and_only_with_its_key() -> None:
    matcher: Matcher[str] = Matcher()
    with pytest.raises(ExchangeError, match="a 0110 is not answered"):
        sent(matcher, mti="0110")
    with pytest.raises(ExchangeError, match="without field 11"):
        sent(matcher, f11=None)
    assert len(matcher) == 0


def test_a_request_of_the_peer_answers_nothing() -> None:
    matcher: Matcher[str] = Matcher()
    sent(matcher)
    assert matcher.arrived(message(), now=1.0).verdict is Verdict.REQUEST
    assert len(matcher) == 1


def test_a_link_that_is_gone_gives_up_all_in_their_order() -> None:
    matcher: Matcher[str] = Matcher()
    sent(matcher, "one")
    sent(matcher, "two", f11="000002")
    assert matcher.give_up_all(1.0) == ["one", "two"]
    assert matcher.next_deadline() is None
    assert matcher.arrived(reply(), now=2.0).verdict is Verdict.LATE


MESSAGES = [message(f11=f"00000{stan}", f41=f"TERM000{t}") for stan in range(3) for t in range(2)]
REPLIES = [reply(f11=f"00000{stan}", f41=f"TERM000{t}") for stan in range(3) for t in range(2)]


@given(st.lists(st.tuples(st.sampled_from(["send", "reply", "wait"]), st.integers(0, 5))))
def test_each_request_ends_once_whatever_happens(steps: list[tuple[str, int]]) -> None:
    matcher: Matcher[int] = Matcher(MatchRules(remembered_max=3))
    now = 0.0
    registered = ended = 0
    for step, which in steps:
        now += 0.5
        if step == "send":
            try:
                matcher.sent(MESSAGES[which], which, now=now, timeout_s=1.0)
                registered += 1
            except DuplicateRequestError:
                pass
        elif step == "reply":
            arrival = matcher.arrived(REPLIES[which], now=now)
            assert arrival.token in (None, which)
            ended += arrival.verdict is Verdict.REPLY
        else:
            ended += len(matcher.expire(now))
        assert len(matcher) == registered - ended

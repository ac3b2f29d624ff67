"""The sans-I/O state of a link: what is answered, what is originated, when it gives up."""

from __future__ import annotations

import pytest

from cbs.link.rules import LinkRules
from cbs.mux.session import GiveUp, LinkSession, Originate


def listening() -> LinkSession:
    session = LinkSession(LinkRules(), originates=False)
    session.connected(0.0)
    return session


def connecting(**options: float) -> LinkSession:
    return LinkSession(LinkRules(), originates=True, **options)


def signed_on_at(now: float) -> LinkSession:
    session = connecting(response_timeout_s=5.0)
    (sign_on,) = session.connected(now)
    assert isinstance(sign_on, Originate)
    session.response(sign_on.stan, "00")
    return session


@pytest.mark.parametrize("code", ["001", "002", "301"])
def test_known_network_management_requests_are_approved(code: str) -> None:
    assert listening().answer(code) == "00"


@pytest.mark.parametrize("code", ["999", "000", "", None])
def test_unknown_network_management_codes_are_answered_12(code: str | None) -> None:
    session = listening()
    assert session.answer(code) == "12"
    assert session.signed_on


def test_sign_off_and_sign_on_change_the_state_and_echo_does_not() -> None:
    session = listening()
    session.answer("002")
    assert not session.signed_on
    session.answer("301")
    assert not session.signed_on
    session.answer("001")
    assert session.signed_on


def test_a_network_that_requires_a_sign_on_may_not_request_before_it() -> None:
    session = LinkSession(LinkRules(require_sign_on=True), originates=False)
    assert not session.may_request
    session.answer("001")
    assert session.may_request
    session.answer("002")
    assert not session.may_request


def test_the_codes_are_those_of_the_profile() -> None:
    rules = LinkRules(
        sign_on_code="061",
        sign_off_code="062",
        echo_codes=("270", "301"),
        unknown_code_response_code="30",
    )
    session = LinkSession(rules, originates=True)
    assert session.connected(0.0) == [Originate("061", 1)]
    session.response(1, "00")
    assert session.tick(30.0) == [Originate("270", 2)]
    assert session.answer("001") == "30"
    assert session.answer("301") == "00"
    assert session.sign_off(31.0) == [Originate("062", 3)]


def test_the_listening_side_originates_nothing_ever() -> None:
    session = listening()
    assert session.connected(0.0) == []
    assert [session.tick(float(second)) for second in range(0, 4000, 7)] == [[]] * 572
    assert session.sign_off(5000.0) == []


def test_the_connecting_side_signs_on_first() -> None:
    session = connecting()
    assert session.connected(10.0) == [Originate("001", 1)]
    assert not session.signed_on


def test_an_approved_sign_on_response_signs_on() -> None:
    session = connecting()
    session.connected(10.0)
    assert session.response(1, "00") == []
    assert session.signed_on
    assert session.ever_signed_on


def test_a_refused_sign_on_ends_the_link() -> None:
    session = connecting()
    session.connected(10.0)
    (action,) = session.response(1, "91")
    assert isinstance(action, GiveUp)
    assert "91" in action.reason
    assert not session.signed_on


def test_an_unsolicited_response_changes_nothing() -> None:
    session = connecting()
    session.connected(10.0)
    assert session.response(77, "00") == []
    assert not session.signed_on


def test_a_response_counts_once() -> None:
    session = connecting()
    session.connected(10.0)
    session.response(1, "00")
    assert session.response(1, "91") == []
    assert session.signed_on


def test_an_echo_leaves_when_nothing_was_heard_for_the_interval() -> None:
    session = signed_on_at(0.0)
    assert session.tick(29.9) == []
    assert session.tick(30.0) == [Originate("301", 2)]


def test_traffic_puts_the_echo_off() -> None:
    session = signed_on_at(0.0)
    session.heard(20.0)
    assert session.tick(49.9) == []
    assert session.tick(50.0) == [Originate("301", 2)]


def test_only_one_echo_is_outstanding() -> None:
    session = signed_on_at(0.0)
    session.tick(30.0)
    assert session.tick(31.0) == []


def test_a_missed_echo_is_repeated_and_the_third_miss_ends_the_link() -> None:
    session = signed_on_at(0.0)
    assert session.tick(30.0) == [Originate("301", 2)]
    assert session.tick(35.0) == [Originate("301", 3)]
    assert session.tick(40.0) == [Originate("301", 4)]
    (action,) = session.tick(45.0)
    assert isinstance(action, GiveUp)


def test_an_answered_echo_resets_the_misses() -> None:
    session = signed_on_at(0.0)
    session.tick(30.0)
    session.tick(35.0)
    session.response(3, "00")
    session.heard(36.0)
    assert session.tick(37.0) == []
    done = [type(action) for now in (66.0, 71.0, 76.0, 81.0) for action in session.tick(now)]
    assert done == [Originate, Originate, Originate, GiveUp]


def test_an_unanswered_sign_on_is_repeated_and_then_given_up() -> None:
    session = connecting(response_timeout_s=5.0)
    session.connected(0.0)
    assert session.tick(4.9) == []
    assert session.tick(5.0) == [Originate("001", 2)]
    assert session.tick(10.0) == [Originate("001", 3)]
    (action,) = session.tick(15.0)
    assert isinstance(action, GiveUp)
    assert not session.ever_signed_on


def test_traffic_does_not_hide_an_unanswered_sign_on() -> None:
    session = connecting(response_timeout_s=5.0)
    session.connected(0.0)
    session.heard(4.9)
    assert session.tick(5.0) == [Originate("001", 2)]


def test_a_planned_end_signs_off_once() -> None:
    session = signed_on_at(0.0)
    assert session.sign_off(1.0) == [Originate("002", 2)]
    assert session.sign_off(1.0) == []


def test_a_link_that_never_signed_on_does_not_sign_off() -> None:
    session = connecting()
    session.connected(0.0)
    assert session.sign_off(1.0) == []


def test_stans_stay_within_six_digits_and_never_are_zero() -> None:
    session = connecting()
    stans = []
    for _ in range(1_000_001):
        session.connected(0.0)
        stans.append(session._stan)
        session.response(session._stan, "00")
    assert max(stans) == 999_999
    assert min(stans) == 1
    assert stans[-2:] == [1, 2]

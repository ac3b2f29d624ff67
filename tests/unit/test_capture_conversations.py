"""Conversations out of captures: cut into frames, read, paired, and back in step after a hole."""

from __future__ import annotations

import io
from typing import Any

import pytest
from tests.unit.captures import ACK, START_NS, SYN, Captured, Wire, pcapng
from tests.unit.plausible_messages import ENVELOPES, Maker, wrapped

from cbs.capture import CaptureFile, Detector, Dissector, Event, SegmentReader, Summary

VMLH = ENVELOPES[2]


def dissect(packets: list[Captured], detector: Detector | None = None, **told: Any) -> list[Event]:
    reader = SegmentReader()
    dissector = Dissector(detector or Detector(), **told)
    events: list[Event] = []
    for packet in CaptureFile(io.BytesIO(pcapng(packets))):
        segment = reader.read(packet)
        if segment is not None:
            events += dissector.feed(segment)
    return events + list(dissector.finish())


def told(events: list[Event]) -> list[str]:
    """The events in short: messages by type and role, everything else by its kind."""
    short = []
    for event in events:
        if event.cut is None:
            short.append(event.kind)
        elif event.cut.message is None:
            short.append(event.cut.kind)
        else:
            assert event.pairing is not None
            short.append(f"{event.cut.message.mti} {event.pairing.role}")
    return short


class Link:
    """A network and an issuer that talk over a wire."""

    def __init__(self, dialect: str = "visa_like", envelope: Any = VMLH, **wire: Any) -> None:
        self.maker, self.envelope, self.wire = Maker(dialect), envelope, Wire(**wire)

    def pair(self) -> tuple[bytes, bytes]:
        """A request and its answer, framed."""
        fields = self.maker.fields("request") | {"mti": "0100"}
        answer = {number: fields[number] for number in ("2", "3", "4", "7", "11", "32", "37", "41")}
        answer |= {"mti": "0110", "39": "00", "38": "123456"}
        return self.framed(fields), self.framed(answer)

    def framed(self, fields: dict[str, Any]) -> bytes:
        body = self.maker.codec.encode(self.maker._encodable(dict(fields)))
        return wrapped([body], self.envelope)


@pytest.mark.parametrize("dialect", ["visa_like", "iso87_ascii", "mastercard_like", "pos_tpdu"])
@pytest.mark.parametrize("envelope", [ENVELOPES[2], ENVELOPES[9], ENVELOPES[15]])
def test_requests_are_paired_with_their_answers(dialect: str, envelope: Any) -> None:
    link = Link(dialect, envelope)
    link.wire.open()
    for _ in range(3):
        request, answer = link.pair()
        link.wire.send(0, request, size=70)
        link.wire.wait(12.5)
        link.wire.send(1, answer, size=50)
    link.wire.close()
    events = dissect(link.wire.packets)
    assert told(events) == ["opened", *["0100 request", "0110 answer"] * 3, "closed"]
    opened = events[0].conversation
    assert str(opened.ends[1]) == "10.0.0.2:8583"
    assert opened.choice is not None
    assert opened.choice.framing == envelope[0]
    summary = Summary()
    for event in events:
        summary.add(event)
    assert summary.latencies.count == 3
    assert 12 < summary.latencies.percentile_ms(50) < 17


def test_answers_in_another_order_find_their_requests() -> None:
    link = Link()
    link.wire.open()
    pairs = [link.pair() for _ in range(4)]
    link.wire.send(0, b"".join(request for request, _ in pairs))
    link.wire.send(1, b"".join(answer for _, answer in reversed(pairs)))
    assert told(dissect(link.wire.packets)) == [
        "opened", *["0100 request"] * 4, *["0110 answer"] * 4, "closed",
    ]  # fmt: skip


def test_what_is_odd_between_request_and_answer_is_told() -> None:
    link = Link()
    link.wire.open()
    (first, answer), (second, late), (third, _), (_, alone) = (link.pair() for _ in range(4))
    link.wire.send(0, first)
    link.wire.send(0, first)
    link.wire.send(1, answer)
    link.wire.send(1, answer)
    link.wire.send(0, second)
    link.wire.wait(20_000)
    link.wire.send(1, late)
    link.wire.send(0, third)
    link.wire.send(1, alone)
    link.wire.close()
    assert told(dissect(link.wire.packets)) == [
        "opened", "0100 request", "0100 repeat", "0110 answer", "0110 second answer",
        "0100 request", "0110 late answer", "0100 request", "0110 unsolicited", "unanswered",
        "closed",
    ]  # fmt: skip


def test_an_answer_about_another_terminal_is_none() -> None:
    link = Link()
    link.wire.open()
    fields = link.maker.fields("request") | {"mti": "0100"}
    link.wire.send(0, link.framed(fields))
    link.wire.send(1, link.framed(fields | {"mti": "0110", "39": "00", "41": "ANOTHER1"}))
    assert told(dissect(link.wire.packets))[2] == "0110 unsolicited"


def test_polls_and_session_control_are_shown_as_such() -> None:
    link = Link()
    link.wire.open()
    request, answer = link.pair()
    link.wire.send(0, bytes(4) + request + bytes.fromhex("0004002062656174"))
    link.wire.send(1, answer)
    assert told(dissect(link.wire.packets))[1:4] == ["poll", "0100 request", "control"]


def test_segments_in_disorder_change_nothing() -> None:
    link = Link()
    link.wire.open()
    request, answer = link.pair()
    parts = [
        link.wire.prepare(0, request[place : place + 40]) for place in range(0, len(request), 40)
    ]
    link.wire.keep(*reversed(parts), *parts)
    link.wire.send(1, answer)
    events = dissect(link.wire.packets)
    assert told(events) == ["opened", "0100 request", "0110 answer", "closed"]
    stream = events[-1].conversation.streams[0]
    assert stream.retransmitted_bytes >= len(request)
    assert stream.reordered_segments > 0


def test_after_a_hole_the_next_frame_is_found() -> None:
    link = Link()
    link.wire.open()
    for number in range(5):
        request, _ = link.pair()
        parts = [link.wire.prepare(0, request[:60]), link.wire.prepare(0, request[60:])]
        # The capture has only the second half of one request.
        link.wire.keep(*(parts[1:] if number == 2 else parts))
    events = dissect(link.wire.packets)
    shown = told(events)
    assert shown.count("0100 request") == 4
    assert shown[3] == "lost"
    assert "skipped" in shown
    lost = next(event.cut for event in events if event.cut and event.cut.kind == "lost")
    assert lost.octets == 60


@pytest.mark.parametrize("cut", [1, 37, 100])
def test_a_capture_that_starts_in_the_middle_finds_the_next_frame(cut: int) -> None:
    link = Link()
    for number in range(3):
        request, answer = link.pair()
        link.wire.send(0, request[cut:] if number == 0 else request)
        link.wire.send(1, answer)
    events = dissect(link.wire.packets)
    shown = told(events)
    assert shown.count("0100 request") == 2
    assert shown.count("0110 answer") == 2
    assert shown.count("0110 unsolicited") == 1
    assert events[0].conversation.starts_late
    assert str(events[0].conversation.ends[1]) == "10.0.0.2:8583"


def test_a_stream_out_of_step_is_told_and_found_again() -> None:
    link = Link(envelope=("ascii4", None, None))
    link.wire.open()
    (first, _), (second, _) = link.pair(), link.pair()
    link.wire.send(0, first)
    link.wire.send(0, b"nonsense in between")
    link.wire.send(0, second)
    shown = told(dissect(link.wire.packets))
    assert shown == [
        "opened", "0100 request", "fault", "skipped", "skipped", "0100 request", "unanswered",
        "unanswered", "closed",
    ]  # fmt: skip


def test_a_message_that_breaks_is_told_with_its_fault_and_without_its_card() -> None:
    link = Link()
    link.wire.open()
    good, broken = link.pair()[0], bytearray(link.pair()[0])
    codec = link.maker.codec
    span = codec.decode(bytes(broken[26:])).span("12")
    assert span is not None
    broken[26 + span[0]] = 0xAA
    link.wire.send(0, good + bytes(broken))
    events = dissect(link.wire.packets)
    cut = events[2].cut
    assert cut is not None
    assert cut.problem.startswith("12 at offset")
    assert cut.message is not None
    assert "******" in cut.message["2"]


def test_conversations_of_other_kinds_are_named_and_left_alone() -> None:
    web, quiet = Wire(client=("10.0.0.9", 5000), server=("10.0.0.2", 80)), Wire()
    web.open().send(0, b"GET / HTTP/1.1\r\n\r\n")
    quiet.open().close()
    events = dissect(web.packets + quiet.packets)
    assert told(events) == ["foreign"]
    assert events[0].conversation.looks_like == "an HTTP message"


def test_each_conversation_is_read_its_own_way() -> None:
    first = Link("iso93_ascii", ENVELOPES[9], client=("10.0.0.3", 40_003))
    second = Link("visa_like")
    for link in (first, second):
        link.wire.open()
        link.wire.send(0, wrapped([link.maker.body("request")] * 2, link.envelope))
    packets = sorted(first.wire.packets + second.wire.packets)
    events = [event for event in dissect(packets) if event.kind == "opened"]
    choices = [event.conversation.choice for event in events]
    assert {(it.codec.name, it.framing) for it in choices if it} == {
        ("iso93_ascii", "ascii4"), ("visa_like", "vmlh"),
    }  # fmt: skip


def test_ports_that_are_used_again_are_another_conversation() -> None:
    link = Link()
    for _ in range(2):
        link.wire.open()
        request, answer = link.pair()
        link.wire.send(0, request)
        link.wire.send(1, answer)
        link.wire.sequence = {0: 77, 1: 88}
    assert [
        event.conversation.number for event in dissect(link.wire.packets) if event.kind == "opened"
    ] == [1, 2]


def test_what_is_told_is_not_found_out() -> None:
    link = Link()
    link.wire.open()
    link.wire.send(0, link.pair()[0])
    detector = Detector("visa_like", "vmlh", "visa22")
    choice = dissect(link.wire.packets, detector)[0].conversation.choice
    assert choice is not None
    assert choice.sureness is None
    with pytest.raises(ValueError, match="one of"):
        Detector("visa_like", "len9")


def test_only_the_ports_and_hosts_that_are_asked_for_are_followed() -> None:
    link = Link()
    link.wire.open()
    link.wire.send(0, link.pair()[0])
    assert dissect(link.wire.packets, ports=frozenset({8583}))
    assert dissect(link.wire.packets, hosts=frozenset({"10.0.0.1"}))
    assert not dissect(link.wire.packets, ports=frozenset({80}))
    assert not dissect(link.wire.packets, hosts=frozenset({"10.9.9.9"}))


def test_a_server_that_speaks_first_is_still_the_server() -> None:
    link = Link()
    link.wire.keep(link.wire.segment(1, SYN | ACK))
    link.wire.sequence[1] += 1
    link.wire.send(1, link.pair()[0])
    opened = dissect(link.wire.packets)[0].conversation
    assert opened.ends[1].port == 8583
    assert opened.opened_ns > START_NS

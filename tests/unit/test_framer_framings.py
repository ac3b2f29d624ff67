"""Framings by their names: every one there is, its headers and trailers, and what it answers."""

from __future__ import annotations

import asyncio
import json
import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.known_messages import PUBLIC

from cbs.codec import Frame, Framer
from cbs.errors import FrameError

PREFIXES = {
    "len1": "03",
    "len2": "0003",
    "len2-le": "0300",
    "len2-inclusive": "0005",
    "len2-le-inclusive": "0500",
    "len4": "00000003",
    "len4-le": "03000000",
    "len4-inclusive": "00000007",
    "vmlh": "00030000",
    "zero2len2": "00000003",
    "ascii4": "30303033",
    "ascii4-inclusive": "30303037",
    "ebcdic4": "f0f0f0f3",
    "bcd2": "0003",
    "hex4": "30303033",
    "tpdu": "0008",
}
"""The octets in front of a message of three."""

HEADER = next(vector.header for vector in PUBLIC if vector.prefix)
REJECT = bytes.fromhex("1c02020032" + "123456" + "654321" + "00" * 11 + "8000" + "0517" + "abcd")


def bodies(frames: list[Frame]) -> list[bytes]:
    return [frame.body for frame in frames]


@pytest.mark.parametrize("framing", PREFIXES)
def test_each_framing_writes_and_reads_the_octets_of_its_name(framing: str) -> None:
    octets = Framer(framing).wrap(b"abc")
    prefix = bytes.fromhex(PREFIXES[framing])
    header = bytes.fromhex("6000000000") if framing == "tpdu" else b""
    assert octets == prefix + header + b"abc"
    (frame,) = Framer(framing).feed(octets)
    assert (frame.prefix, frame.header, frame.body) == (prefix, header or None, b"abc")
    assert frame.kind == "message"


@given(
    st.sampled_from(sorted(PREFIXES)),
    st.sampled_from(["", "+03", "+trailer:2", "+0d0a-counted"]),
    st.lists(st.binary(min_size=1, max_size=90), max_size=6),
    st.integers(1, 40),
)
def test_any_split_gives_the_bodies_that_were_wrapped(
    framing: str, trailer: str, sent: list[bytes], step: int
) -> None:
    writer, reader = Framer(framing + trailer), Framer(framing + trailer)
    stream = b"".join(map(writer.wrap, sent))
    found = []
    for start in range(0, len(stream), step):
        found += bodies(reader.feed(stream[start : start + step]))
    assert found == sent
    assert reader.pending_bytes == 0


@pytest.mark.parametrize("framing", ["len5", "", "len2+x", "bcd9", "none-le", "vmlh-wide"])
def test_an_unknown_framing_is_told_what_there_is(framing: str) -> None:
    with pytest.raises(ValueError, match=r"len1 to len4.*zero2len2.*ascii1.*bcd1.*trailer:N"):
        Framer(framing)


def test_an_unknown_header_or_policy_is_told_what_there_is() -> None:
    with pytest.raises(ValueError, match=r"visa22, auto, tpdu, fixed:N .*self"):
        Framer("len2", header="fixed:")
    with pytest.raises(ValueError, match="answer, silent, refuse"):
        Framer("len2", polls="maybe")
    with pytest.raises(ValueError, match="header of its own"):
        Framer("tpdu", header="visa22")


def test_a_length_is_refused_before_its_frame_is_held() -> None:
    framer = Framer("len4", frame_length_max=100)
    with pytest.raises(FrameError, match="frame of over 999999 bytes, more than 100"):
        framer.feed(b"\xff\xff\xff\xff" + bytes(50))
    assert framer.pending_bytes == 0


@pytest.mark.parametrize(
    ("framing", "octets", "offset"),
    [
        ("ascii4", b"00x1", 2),
        ("bcd2", b"\x0a\x01", 0),
        ("zero2len2", b"\x01\x00\x00\x01", 0),
        ("len2-inclusive", b"\x00\x01", 0),
        ("len2+03", b"\x00\x01a\x04", 3),
    ],
)
def test_what_is_no_frame_is_told_with_its_place(framing: str, octets: bytes, offset: int) -> None:
    framer = Framer(framing)
    framer.feed(framer.wrap(b"before"))
    with pytest.raises(FrameError) as caught:
        framer.feed(octets)
    assert caught.value.offset == len(framer.wrap(b"before")) + offset


def test_a_trailer_is_kept_in_the_reply() -> None:
    framer = Framer("len2+trailer:1")
    (frame,) = framer.feed(b"\x00\x02ab\x17")
    assert (frame.body, frame.trailer) == (b"ab", b"\x17")
    assert framer.wrap(b"cd", reply_to=frame) == b"\x00\x02cd\x17"
    assert framer.wrap(b"cd") == b"\x00\x02cd\x00"
    assert Framer("len2+03-counted").wrap(b"cd") == b"\x00\x03cd\x03"


def test_a_terminal_gets_its_answer_at_its_own_address() -> None:
    framer = Framer("tpdu")
    (frame,) = framer.feed(bytes.fromhex("0007" + "6000018002" + "0800"))
    assert frame.header_fields() == {"identifier": "60", "destination": "0001", "source": "8002"}
    reply = framer.wrap(b"\x08\x10", reply_to=frame)
    assert reply.hex() == "0007" + "6080020001" + "0810"
    own = framer.wrap(b"\x08\x00", header=bytes.fromhex("6012345678"))
    assert own.hex() == "0007" + "6012345678" + "0800"


def test_headers_of_n_bytes_and_headers_that_count_themselves_are_kept() -> None:
    fixed = Framer("ascii4", header="fixed:12")
    (frame,) = fixed.feed(b"0014ISO016000010ab")
    assert (frame.header, frame.body) == (b"ISO016000010", b"ab")
    assert frame.header_fields() == {"octets": b"ISO016000010".hex()}
    assert fixed.wrap(b"cd", reply_to=frame) == b"0014ISO016000010cd"
    with pytest.raises(FrameError, match="a header of 12 bytes must be given"):
        fixed.wrap(b"cd")
    with pytest.raises(FrameError, match="header of 12 bytes in a frame of 2 bytes"):
        Framer("ascii4", header="fixed:12").feed(b"0002ab")
    counting = Framer("len2", header="self")
    (frame,) = counting.feed(b"\x00\x05\x03\x01\x02ab")
    assert frame.header_fields() == {"length": 3, "octets": "0102"}
    assert counting.wrap(b"cd", reply_to=frame) == b"\x00\x05\x03\x01\x02cd"
    with pytest.raises(FrameError, match="a header has 9 bytes"):
        counting.wrap(b"cd", header=b"\x09\x00")


def test_the_long_header_is_cut_into_named_parts() -> None:
    framer = Framer("len2", header="visa22")
    message = bytes.fromhex("1601020018" + "123456654321" + "00" + "a1b2" + "000001" + "07")
    (frame,) = framer.feed(b"\x00\x18" + message + b"\0\0\0\x2a" + b"\x08\x00")
    fields = frame.header_fields()
    assert fields == {
        "length": 22, "format": 1, "text_format": 2, "total_length": 24,
        "destination": "123456", "source": "654321", "round_trip_control": "00",
        "flags": "a1b2", "status": "000001", "batch": "07", "reserved": "000000", "user": "2a",
    }  # fmt: skip
    assert list(fields)[:5] == ["length", "format", "text_format", "total_length", "destination"]
    assert json.loads(json.dumps(fields)) == fields


def test_a_reject_header_has_its_reasons_and_the_header_that_came_back() -> None:
    original = HEADER[:3] + b"\x00\x18" + HEADER[5:]
    octets = bytearray(REJECT + original + b"\x08\x00")
    octets[3:5] = len(octets).to_bytes(2, "big")
    (frame,) = Framer("len2", header="auto").feed(len(octets).to_bytes(2, "big") + octets)
    fields: dict[str, Any] = frame.header_fields()
    assert frame.kind == "reject"
    assert fields["format"] == 2
    assert (fields["reject_bitmap"], fields["reject_group"]) == ("8000", "0517")
    assert fields["reject_data"] == "abcd"
    assert fields["original"]["source"] == HEADER[8:11].hex()
    assert frame.body == b"\x08\x00"


def test_a_frame_without_a_header_has_no_header_fields() -> None:
    (frame,) = Framer("len2").feed(b"\x00\x01a")
    assert frame.header_fields() == {}
    assert frame.trailer == b""


@pytest.mark.parametrize("framing", ["len2", "ascii4", "len2-inclusive", "vmlh", "bcd2+03"])
def test_polls_are_answered_held_back_or_refused(framing: str) -> None:
    poll = Framer(framing).wrap(b"")
    (frame,) = Framer(framing).feed(poll)
    assert frame.kind == "poll"
    assert Framer(framing).answer(frame) == poll
    assert Framer(framing, polls="silent").answer(frame) is None
    with pytest.raises(FrameError, match="frame of length zero"):
        Framer(framing, polls="refuse").feed(poll)


def test_one_framer_can_be_fed_by_threads_in_turn() -> None:
    framer = Framer("len2")
    stream = framer.wrap(b"x" * 50) * 20
    found: list[Frame] = []
    for start in range(0, len(stream), 7):
        piece = stream[start : start + 7]
        worker = threading.Thread(target=lambda piece=piece: found.extend(framer.feed(piece)))
        worker.start()
        worker.join()
    assert bodies(found) == [b"x" * 50] * 20


def test_a_framer_serves_an_asyncio_reader() -> None:
    async def read() -> list[bytes]:
        reader = asyncio.StreamReader()
        reader.feed_data(Framer("ascii4").wrap(b"one") + Framer("ascii4").wrap(b"two"))
        reader.feed_eof()
        framer = Framer("ascii4")
        found: list[bytes] = []
        while octets := await reader.read(3):
            found += bodies(framer.feed(octets))
        return found

    assert asyncio.run(read()) == [b"one", b"two"]

"""Frames: cut anywhere, wrapped for replies, refused when they cannot be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.known_messages import PUBLIC, Vector

from cbs.codec import Frame, Framer, looks_framed
from cbs.errors import FrameError

FRAMED = [vector for vector in PUBLIC if vector.prefix]
POLL = bytes(4)
HEARTBEAT = bytes.fromhex("00040020") + b"beat"
REJECT_HEADER = "1a0202%04x123456000000" + "00" * 11 + "8000" + "0517"


def parts(frame: Frame) -> tuple[str, bytes, bytes | None, bytes]:
    return frame.kind, frame.prefix, frame.header, frame.body


def rejected(vector: Vector) -> bytes:
    """The message of a vector, come back under a reject header."""
    content = vector.header + vector.body
    header = bytes.fromhex(REJECT_HEADER % (26 + len(content)))
    return (26 + len(content)).to_bytes(2, "big") + b"\0\0" + header + content


@pytest.mark.parametrize("vector", FRAMED, ids=repr)
@pytest.mark.parametrize("header", ["visa22", "auto"])
def test_a_frame_is_cut_into_prefix_header_and_body(vector: Vector, header: str) -> None:
    framer = Framer("vmlh", header=header)
    frames = framer.feed(vector.octets)
    assert [parts(frame) for frame in frames] == [
        ("message", vector.prefix, vector.header, vector.body)
    ]
    assert framer.pending_bytes == 0


def test_without_a_header_mode_the_header_belongs_to_the_body() -> None:
    vector = FRAMED[0]
    (frame,) = Framer("vmlh").feed(vector.octets)
    assert parts(frame) == ("message", vector.prefix, None, vector.header + vector.body)


def test_auto_takes_messages_without_a_header_too() -> None:
    body = FRAMED[0].body
    octets = len(body).to_bytes(2, "big") + b"\0\0" + body
    (frame,) = Framer("vmlh", header="auto").feed(octets)
    assert parts(frame) == ("message", octets[:4], None, body)
    with pytest.raises(FrameError, match="format 0x30 is unknown"):
        Framer("vmlh", header="visa22").feed(octets[:5] + b"\x30" + octets[6:])


def test_polls_and_session_control_are_no_messages() -> None:
    framer = Framer("vmlh", header="visa22")
    poll, heartbeat, idle = framer.feed(POLL + HEARTBEAT + bytes.fromhex("00000020"))
    assert parts(poll) == ("poll", POLL, None, b"")
    assert parts(heartbeat) == ("control", HEARTBEAT[:4], None, b"beat")
    assert idle.kind == "control"
    assert framer.answer(poll) == POLL
    assert framer.answer(heartbeat) is None
    (message,) = framer.feed(FRAMED[0].octets)
    assert framer.answer(message) is None


def test_the_platform_nibble_is_not_mistaken_for_session_control() -> None:
    vector = FRAMED[0]
    octets = vector.octets[:3] + b"\x02" + vector.octets[4:]
    (frame,) = Framer("vmlh", header="visa22").feed(octets)
    assert frame.kind == "message"
    assert frame.body == vector.body


@pytest.mark.parametrize("header", ["visa22", "auto"])
def test_a_reject_gives_back_the_message_that_was_rejected(header: str) -> None:
    vector = FRAMED[1]
    octets = rejected(vector)
    (frame,) = Framer("vmlh", header=header).feed(octets)
    assert frame.kind == "reject"
    assert frame.header == octets[4:30] + vector.header
    assert frame.body == vector.body


@given(st.data())
def test_any_cut_of_the_stream_gives_the_same_frames(data: st.DataObject) -> None:
    pieces = [vector.octets for vector in FRAMED] + [POLL, HEARTBEAT, rejected(FRAMED[0])]
    stream = b"".join(data.draw(st.lists(st.sampled_from(pieces), max_size=8)))
    whole = [parts(frame) for frame in Framer("vmlh", header="auto").feed(stream)]
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=12)))
    framer = Framer("vmlh", header="auto")
    found = []
    for start, stop in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        found += [parts(frame) for frame in framer.feed(stream[start:stop])]
    assert found == whole
    assert framer.pending_bytes == 0


def test_byte_by_byte_is_as_good_as_whole_and_pending_counts_up() -> None:
    vector = FRAMED[0]
    framer = Framer("vmlh", header="visa22")
    for count, octet in enumerate(vector.octets[:-1], 1):
        assert framer.feed(bytes([octet])) == []
        assert framer.pending_bytes == count
    (frame,) = framer.feed(vector.octets[-1:])
    assert frame.body == vector.body


@given(st.lists(st.binary(max_size=64), max_size=8))
def test_any_bytes_give_frames_or_a_frame_error(chunks: list[bytes]) -> None:
    framer = Framer("vmlh", header="auto", frame_length_max=300)
    for chunk in chunks:
        try:
            for frame in framer.feed(chunk):
                assert frame.kind in ("message", "reject", "control", "poll")
        except FrameError as error:
            assert error.offset <= sum(map(len, chunks))
            break
        assert framer.pending_bytes < 304


def test_an_oversized_frame_is_refused_before_it_is_held() -> None:
    framer = Framer("vmlh")
    framer.feed(POLL + bytes.fromhex("080100"))
    with pytest.raises(FrameError, match="frame of 2049 bytes, more than 2048") as caught:
        framer.feed(b"\0" + bytes(100))
    assert caught.value.offset == 4
    assert framer.pending_bytes <= 4


def test_the_frames_before_a_fault_are_not_lost_and_the_fault_stays() -> None:
    framer = Framer("vmlh", header="visa22")
    stream = FRAMED[0].octets + POLL + b"\xff\xff\0\0"
    with pytest.raises(FrameError) as caught:
        framer.feed(stream)
    assert [frame.kind for frame in caught.value.frames] == ["message", "poll"]
    assert caught.value.offset == len(stream) - 4
    with pytest.raises(FrameError) as again:
        framer.feed(FRAMED[0].octets)
    assert again.value.offset == caught.value.offset
    assert again.value.frames == []


@pytest.mark.parametrize(
    ("place", "octet", "offset", "problem"),
    [
        (4, 0x15, 4, "header length 21 in a frame of 166 bytes"),
        (4, 0x17, 4, "header length 23"),
        (5, 0x03, 5, "header format 0x03 is unknown"),
        (5, 0x02, 4, "header length 22"),
        (8, 0xA7, 7, "header says 167 bytes in all, the frame 166"),
    ],
)
def test_a_header_that_contradicts_its_frame_is_a_fault(
    place: int, octet: int, offset: int, problem: str
) -> None:
    octets = bytearray(FRAMED[0].octets)
    octets[place] = octet
    with pytest.raises(FrameError, match=problem) as caught:
        Framer("vmlh", header="visa22").feed(POLL + octets)
    assert caught.value.offset == 4 + offset


def test_a_frame_too_short_for_its_header_is_a_fault() -> None:
    for content in ("16", "1601", "160102000500", "1a02020006" + "00"):
        octets = bytes.fromhex(f"{len(content) // 2:04x}0000{content}")
        with pytest.raises(FrameError, match="header"):
            Framer("vmlh", header="visa22").feed(octets)


def test_a_reply_goes_back_under_the_same_header_with_addresses_swapped() -> None:
    vector = FRAMED[0]
    framer = Framer("vmlh", header="visa22")
    (frame,) = framer.feed(vector.octets)
    octets = framer.wrap(b"\x01\x10reply", reply_to=frame)
    assert octets[:4] == bytes.fromhex("001d0000")
    header = vector.header
    swapped = header[:3] + b"\x00\x1d" + header[8:11] + header[5:8] + header[11:]
    assert octets[4:26] == swapped
    (reply,) = Framer("vmlh", header="visa22").feed(octets)
    assert reply.body == b"\x01\x10reply"


def test_a_frame_without_a_header_is_answered_without_one() -> None:
    framer = Framer("vmlh", header="auto")
    (frame,) = framer.feed(bytes.fromhex("00020000") + b"\x08\x00")
    assert framer.wrap(b"\x08\x10", reply_to=frame) == bytes.fromhex("000200000810")


def test_messages_of_our_own_are_framed() -> None:
    assert Framer("vmlh").wrap(b"\x08\x00") == bytes.fromhex("000200000800")
    assert Framer("none").wrap(b"\x08\x00") == b"\x08\x00"
    header = FRAMED[0].header
    wrapped = Framer("none").wrap(b"\x08\x00", header=header)
    assert wrapped == header[:3] + b"\x00\x18" + header[5:] + b"\x08\x00"
    blank = Framer("vmlh", header="visa22").wrap(b"\x08\x00")
    assert blank == bytes.fromhex("00180000" + "1601020018" + "00" * 17 + "0800")


def test_what_cannot_be_wrapped_is_refused() -> None:
    with pytest.raises(FrameError, match="frame of 2049 bytes"):
        Framer("vmlh").wrap(bytes(2049))
    with pytest.raises(FrameError, match="22 bytes"):
        Framer("vmlh").wrap(b"", header=b"\x16")


def test_without_framing_each_feed_is_one_frame() -> None:
    vector = next(vector for vector in PUBLIC if not vector.prefix)
    framer = Framer("none", header="auto")
    (frame,) = framer.feed(vector.octets)
    assert parts(frame) == ("message", b"", vector.header, vector.body)
    assert framer.feed(b"") == []
    with pytest.raises(FrameError, match="more than 2048"):
        framer.feed(bytes(2049))


def test_unknown_framings_and_headers_are_refused() -> None:
    with pytest.raises(ValueError, match="vmlh"):
        Framer("len2")
    with pytest.raises(ValueError, match="visa22"):
        Framer("vmlh", header="visa")


def test_what_a_frame_prints_holds_no_octets() -> None:
    (frame,) = Framer("vmlh", header="visa22").feed(FRAMED[0].octets)
    assert repr(frame) == f"<Frame(message, header 22, body {len(FRAMED[0].body)} bytes)>"


@pytest.mark.parametrize(
    ("octets", "is_framed"),
    [
        ("001c0000 0800", False),  # longer than what follows, and no header
        ("00020000 0800", True),
        ("00020020 0800", True),  # session control
        ("00020010 0800", False),  # a format that nobody uses
        ("00c10000 1601", True),  # cut off, but a header follows
        ("0100f224648108e08016", False),
        ("0800", False),
    ],
)
def test_a_frame_is_told_from_a_message_by_its_first_octets(octets: str, is_framed: bool) -> None:
    assert looks_framed(bytes.fromhex(octets)) is is_framed

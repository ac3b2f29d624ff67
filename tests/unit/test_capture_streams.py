"""Captures of every kind are read, and TCP is put back in order whatever happened to it."""

from __future__ import annotations

import io
import random
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.captures import (
    ACK,
    CLIENT,
    CLIENT_6,
    LINKS,
    PSH,
    SERVER,
    SERVER_6,
    START_NS,
    SYN,
    Captured,
    Wire,
    block,
    ipv4,
    ipv6,
    linked,
    pcap,
    pcapng,
    section,
    tcp,
)

from cbs.capture import CaptureFile, SegmentReader
from cbs.capture.files import Packet
from cbs.capture.packets import FRAGMENT_BYTES_MAX, FRAGMENTS_MAX, Endpoint, Segment
from cbs.capture.streams import WAITING_SEGMENTS_MAX, Stream
from cbs.errors import CaptureError


def packets_of(content: bytes) -> tuple[list[Captured], CaptureFile]:
    capture = CaptureFile(io.BytesIO(content))
    found = [Captured(it.time_ns, it.octets, it.link_type) for it in capture]
    return found, capture


def segments_of(packets: list[Captured]) -> list[Segment]:
    reader = SegmentReader()
    read = (reader.read(packet) for packet in CaptureFile(io.BytesIO(pcapng(packets))))
    return [segment for segment in read if segment is not None]


PACKETS = [Captured(START_NS + place, bytes([place]) * (60 + place)) for place in range(5)]


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("nanoseconds", [True, False])
def test_pcap_of_either_order_and_resolution_is_read(order: str, nanoseconds: bool) -> None:
    found, capture = packets_of(pcap(PACKETS, order=order, nanoseconds=nanoseconds))
    unit = 1 if nanoseconds else 1000
    wanted = [it._replace(time_ns=it.time_ns // unit * unit) for it in PACKETS]
    assert found == wanted
    assert capture.problem is None


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("resolution", [6, 9, 0x80 | 30])
def test_pcapng_of_either_order_and_any_resolution_is_read(order: str, resolution: int) -> None:
    mixed = [it._replace(link_type=place % 3) for place, it in enumerate(PACKETS)]
    found, capture = packets_of(pcapng(mixed, order=order, resolution=resolution))
    assert [(it.octets, it.link_type) for it in found] == [
        (it.octets, it.link_type) for it in mixed
    ]
    for one, other in zip(found, mixed, strict=True):
        assert abs(one.time_ns - other.time_ns) <= 1000
    assert capture.problem is None


def test_several_sections_and_simple_packets_are_read() -> None:
    interface = block(1, struct.pack(">HHI", 101, 0, 4), ">")
    simple = block(3, struct.pack(">I", 9) + b"abcd", ">")
    found, capture = packets_of(pcapng(PACKETS) + section(">") + interface + simple)
    assert len(found) == 6
    assert found[-1] == Captured(0, b"abcd", 101)
    assert capture.problem is None


def test_a_capture_cut_off_anywhere_gives_what_was_before() -> None:
    for content in (pcap(PACKETS), pcapng(PACKETS)):
        for length in range(4, len(content)):
            found, capture = packets_of(content[:length])
            assert [it.octets for it in found] == [it.octets for it in PACKETS[: len(found)]]
            assert capture.problem is None or "cut off at byte" in capture.problem
        assert packets_of(content[:-1])[1].problem


def test_an_impossible_length_is_told_and_not_allocated() -> None:
    content = pcap(PACKETS[:1]) + struct.pack("<IIII", 0, 0, 0xFFFFFFF0, 0xFFFFFFF0) + bytes(50)
    found, capture = packets_of(content)
    assert len(found) == 1
    assert "4294967280 bytes cannot be" in str(capture.problem)


@pytest.mark.parametrize("content", [b"", b"GET", b"GET / HTTP", bytes(100)])
def test_what_is_no_capture_is_refused(content: bytes) -> None:
    with pytest.raises(CaptureError, match="no packet capture"):
        CaptureFile(io.BytesIO(content))


def test_an_empty_file_is_called_empty() -> None:
    with pytest.raises(CaptureError, match="the file is empty"):
        CaptureFile(io.BytesIO(b""))


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 255)), max_size=8), st.booleans())
def test_a_broken_capture_never_fails_otherwise(
    changes: list[tuple[int, int]], is_next_generation: bool
) -> None:
    wire = Wire().open()
    wire.send(0, b"x" * 200)
    content = bytearray((pcapng if is_next_generation else pcap)(wire.packets))
    for place, octet in changes:
        content[4 + place % (len(content) - 4)] = octet
    reader = SegmentReader()
    for packet in CaptureFile(io.BytesIO(bytes(content))):
        reader.read(packet)


@pytest.mark.parametrize("link", LINKS)
@pytest.mark.parametrize("ends", [(CLIENT, SERVER), (CLIENT_6, SERVER_6)])
def test_every_link_layer_leads_to_the_segment(
    link: str, ends: tuple[tuple[str, int], tuple[str, int]]
) -> None:
    wire = Wire(client=ends[0], server=ends[1], link=link)
    wire.keep(wire.prepare(0, b"payload"))
    (segment,) = segments_of(wire.packets)
    assert (segment.source, segment.destination) == (Endpoint(*ends[0]), Endpoint(*ends[1]))
    assert segment.payload == b"payload"
    assert segment.missing == 0


def test_padding_behind_a_short_packet_is_no_payload() -> None:
    wire = Wire()
    packet = wire.segment(0, ACK)
    (segment,) = segments_of([packet._replace(octets=packet.octets + bytes(6))])
    assert segment.payload == b""


def test_options_and_extension_headers_are_passed_over() -> None:
    content = tcp(CLIENT, SERVER, 1, 1, ACK, b"abc", options=b"\x01" * 12)
    plain = ipv4(CLIENT[0], SERVER[0], content, options=b"\x01" * 8)
    content = tcp(CLIENT_6, SERVER_6, 1, 1, ACK, b"abc")
    hop = bytes([60, 0]) + bytes(6) + bytes([6, 1]) + bytes(14)
    extended = ipv6(CLIENT_6[0], SERVER_6[0], hop + content, protocol=0)
    for network in (plain, extended):
        (segment,) = segments_of([Captured(START_NS, linked(network, "raw")[0], 101)])
        assert segment.payload == b"abc"


def test_fragments_are_put_together_in_any_order() -> None:
    content = tcp(CLIENT, SERVER, 1, 1, ACK, bytes(range(100)))
    pieces = [(0, content[:48]), (48, content[48:96]), (96, content[96:])]
    for chosen in ((0, 1, 2), (2, 0, 1), (1, 1, 2, 0)):
        packets = []
        for number in chosen:
            offset, piece = pieces[number]
            more = 0x2000 if number != 2 else 0
            network = ipv4(CLIENT[0], SERVER[0], piece, place=more | offset // 8)
            packets.append(Captured(START_NS, network, 101))
        (segment,) = segments_of(packets)
        assert segment.payload == bytes(range(100))


def test_fragments_of_ipv6_are_put_together() -> None:
    content = tcp(CLIENT_6, SERVER_6, 1, 1, ACK, bytes(range(100)))
    packets = []
    for offset, piece, more in ((64, content[64:], 0), (0, content[:64], 1)):
        head = struct.pack(">BBHI", 6, 0, offset | more, 77)
        network = ipv6(CLIENT_6[0], SERVER_6[0], head + piece, protocol=44)
        packets.append(Captured(START_NS, network, 101))
    (segment,) = segments_of(packets)
    assert segment.payload == bytes(range(100))


def test_a_fragment_that_is_missing_is_counted() -> None:
    reader = SegmentReader()
    network = ipv4(CLIENT[0], SERVER[0], bytes(48), place=0x2000)
    for packet in CaptureFile(io.BytesIO(pcapng([Captured(START_NS, network, 101)]))):
        assert reader.read(packet) is None
    assert reader.fragments_incomplete == 1


def test_fragments_without_an_end_are_held_and_joined_within_bounds() -> None:
    reader = SegmentReader()
    for place in [8190, *(0x2000 | offset for offset in range(8000))]:
        network = ipv4(CLIENT[0], SERVER[0], bytes(16), place=place)
        assert reader.read(Packet(START_NS, 101, network, len(network))) is None
    (held,) = reader._fragments.values()
    assert len(held._pieces) == FRAGMENTS_MAX
    large = SegmentReader()
    for place in range(8):
        network = ipv4(CLIENT[0], SERVER[0], bytes(60_000), place=0x2000 | place)
        assert large.read(Packet(START_NS, 101, network, len(network))) is None
    (held,) = large._fragments.values()
    assert held._held_bytes <= FRAGMENT_BYTES_MAX


@pytest.mark.parametrize("seconds", [2**62, -(2**62), 253_402_300_800])
def test_a_time_that_no_packet_was_captured_at_is_none(seconds: int) -> None:
    option = struct.pack("<HHq", 14, 8, seconds)
    network = ipv4(CLIENT[0], SERVER[0], tcp(CLIENT, SERVER, 1, 1, ACK, b"abc"))
    head = struct.pack("<IIIII", 0, 0, 1, len(network), len(network))
    file = section("<") + block(1, struct.pack("<HHI", 101, 0, 0) + option, "<")
    (packet,) = CaptureFile(io.BytesIO(file + block(6, head + network, "<")))
    assert packet.time_ns == 0


def test_what_is_no_tcp_is_counted_by_its_reason() -> None:
    reader = SegmentReader()
    datagram = ipv4(CLIENT[0], SERVER[0], bytes(30), protocol=17)
    packets = [
        Captured(START_NS, datagram, 101),
        Captured(START_NS, bytes(12) + b"\x08\x06" + bytes(28), 1),
        Captured(START_NS, bytes(60), 147),
        Captured(START_NS, b"\x45", 101),
        Captured(START_NS, ipv4(CLIENT[0], SERVER[0], bytes(10)), 101),
    ]
    for packet in CaptureFile(io.BytesIO(pcapng(packets))):
        assert reader.read(packet) is None
    assert reader.ignored == {
        "not TCP": 1, "not IP": 1, "link type 147": 1, "broken IP header": 1,
        "broken TCP header": 1,
    }  # fmt: skip


def segment(sequence: int, payload: bytes, *, flags: int = PSH | ACK, missing: int = 0) -> Segment:
    ends = Endpoint(*CLIENT), Endpoint(*SERVER)
    return Segment(0, *ends, sequence % 2**32, 0, flags, payload, missing)


def read(stream: Stream, *segments: Segment) -> bytes:
    """What the stream gives; a hole is shown as so many question marks."""
    chunks = [chunk for it in segments for chunk in stream.feed(it)] + stream.flush(0)
    return b"".join(chunk.octets or b"?" * chunk.lost for chunk in chunks)


@settings(deadline=None)
@given(
    st.binary(min_size=1, max_size=300),
    st.integers(0, 2**32 - 1),
    st.lists(st.tuples(st.integers(0, 299), st.integers(1, 60)), max_size=30),
    st.randoms(use_true_random=False),
)
def test_reordered_repeated_and_overlapping_segments_give_the_bytes_sent(
    sent: bytes, first: int, extra: list[tuple[int, int]], draw: random.Random
) -> None:
    stream = Stream()
    stream.feed(segment(first - 1, b"", flags=SYN))
    step = draw.randint(1, 50)
    ranges = [(place, step) for place in range(0, len(sent), step)]
    ranges += [(place, size) for place, size in extra if place < len(sent)]
    draw.shuffle(ranges)
    segments = [
        segment(first + place, sent[place : place + size])
        for place, size in ranges
        if sent[place : place + size]
    ]
    assert read(stream, *segments) == sent
    assert stream.lost_bytes == 0


def test_a_hole_is_told_at_its_place() -> None:
    stream = Stream()
    assert read(stream, segment(100, b"abc"), segment(110, b"xyz")) == b"abc???????xyz"
    assert stream.lost_bytes == 7


def test_a_hole_is_given_up_once_the_other_side_has_the_bytes() -> None:
    stream = Stream()
    stream.feed(segment(100, b"abc"))
    assert stream.feed(segment(110, b"xyz")) == []
    answer = segment(0, b"")._replace(acknowledged=113)
    hole, chunk = stream.acknowledge(answer)
    assert (hole.lost, chunk.octets) == (7, b"xyz")


def test_what_waits_behind_a_hole_is_bounded() -> None:
    stream = Stream()
    stream.feed(segment(100, b"a"))
    chunks = []
    for place in range(WAITING_SEGMENTS_MAX + 1):
        chunks += stream.feed(segment(200 + place * 2, b"x"))
    assert sum(chunk.lost for chunk in chunks) >= 99


def test_a_keep_alive_probe_and_a_packet_kept_in_part_do_no_harm() -> None:
    stream = Stream()
    found = read(
        stream,
        segment(100, b"abc"),
        segment(102, b"c"),
        segment(103, b"de", missing=3),
        segment(108, b"ij"),
    )
    assert found == b"abcde???ij"


def test_a_stream_without_its_beginning_starts_where_it_can() -> None:
    stream = Stream()
    assert read(stream, segment(7_000, b"abc")) == b"abc"
    assert stream.starts_late

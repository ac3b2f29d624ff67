"""The doctor names dialect and framing rightly, says how sure it is, and knows what is foreign."""

from __future__ import annotations

import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.plausible_messages import DIALECTS, ENVELOPES, Maker, wrapped

from cbs.codec import Codec
from cbs.doctor import Diagnosis, diagnose

FOLDER = Path(__file__).resolve().parents[1] / "vectors"
KINDS = ("request", "reply", "chip", "track", "reversal", "echo", "echo reply")


def vectors() -> list[tuple[str, str, bytes]]:
    """Name, specification and bytes of every message whose dialect is known."""
    found = []
    for name in ("dialect_messages.json", "own_messages.json", "public_messages.json"):
        for place, document in enumerate(json.loads((FOLDER / name).read_text())):
            spec = document.get("specification", "visa_like")
            found.append((f"{name} {place}", spec, bytes.fromhex(document["hex"])))
    return found


def names(diagnosis: Diagnosis, spec: str) -> bool:
    best = diagnosis.best
    return best is not None and spec in (best.spec, *best.alike)


@pytest.mark.parametrize(("name", "spec", "octets"), vectors())
def test_every_known_message_is_named(name: str, spec: str, octets: bytes) -> None:
    diagnosis = diagnose(octets)
    if diagnosis.best is None:
        # One or two elements are no proof of anything.
        assert len(octets) < 40
        return
    assert names(diagnosis, spec) or diagnosis.is_ambiguous, diagnosis.candidates[:3]
    assert diagnosis.best is not None
    assert diagnosis.best.fault is None
    assert diagnosis.best.skip == 0


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_dialect_is_named_in_every_envelope(dialect: str) -> None:
    maker, confused = Maker(dialect), Counter[str]()
    for place, envelope in enumerate(ENVELOPES):
        for kind in KINDS[place % 3 :: 3]:
            octets = wrapped([maker.body(kind) for _ in range(2)], envelope)
            diagnosis = diagnose(octets)
            best = diagnosis.best
            assert best is not None, (envelope, kind)
            assert best.header == (envelope[1] or "none"), (envelope, kind, best)
            assert envelope[0] in (best.framing, *best.framings_alike), (envelope, kind, best)
            assert best.skip == 0
            if not names(diagnosis, dialect):
                # Too short for certainty, and said so.
                assert diagnosis.is_ambiguous, (envelope, kind, best)
                confused[best.spec] += 1
    assert confused.total() <= 3, confused


def test_what_is_said_to_be_certain_is_right() -> None:
    """Of the diagnoses in each range of probability, about as many are right as it says."""
    ranges: dict[int, list[bool]] = {}
    for dialect in DIALECTS:
        maker = Maker(dialect, seed=2)
        for envelope in ENVELOPES[::9]:
            for kind in KINDS:
                best = diagnose(wrapped([maker.body(kind)], envelope)).best
                assert best is not None
                ranges.setdefault(int(best.probability * 5), []).append(best.spec == dialect)
    certain = ranges[4] + ranges.get(5, [])
    assert sum(certain) / len(certain) > 0.98
    for lower, right in ranges.items():
        if lower < 4 and len(right) >= 10:
            assert lower / 5 - 0.25 < sum(right) / len(right) < lower / 5 + 0.45


def test_editions_are_told_apart_by_the_message_type() -> None:
    body = bytearray(Maker("iso87_ascii").body("echo"))
    best = diagnose(bytes(body)).best
    assert best is not None
    assert best.spec == "iso87_ascii"
    body[0:1] = b"1"
    diagnosis = diagnose(bytes(body))
    assert diagnosis.best is not None
    assert diagnosis.best.spec == "iso93_ascii"


def test_dialects_that_read_the_same_are_both_named() -> None:
    diagnosis = diagnose(Maker("pos_tpdu").body("request"))
    assert diagnosis.best is not None
    assert {diagnosis.best.spec, *diagnosis.best.alike} == {"iso87_binary", "pos_tpdu"}
    assert diagnosis.is_ambiguous
    assert diagnosis.best.probability < 0.7 < diagnosis.sureness


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_message_cut_off_is_named_and_its_end_told(dialect: str) -> None:
    body = Maker(dialect).body("chip")
    framed = wrapped([body], ("len2", None, None))
    for octets in (framed[:-9], body[:-9]):
        diagnosis = diagnose(octets)
        assert names(diagnosis, dialect) or diagnosis.is_ambiguous
        best = diagnosis.best
        assert best is not None
        assert best.fault is not None
        assert any("end after" in it.text for it in best.reasons_against), best


def test_a_broken_field_is_named_with_its_place_in_the_dump() -> None:
    maker = Maker("visa_like")
    body = bytearray(maker.body("request"))
    span = maker.codec.decode(bytes(body)).span("12")
    assert span is not None
    body[span[0]] = 0xAA
    best = diagnose(wrapped([bytes(body)], ENVELOPES[2])).best
    assert best is not None
    assert best.spec == "visa_like"
    assert best.fault is not None
    assert best.fault.path == "12"
    assert best.fault.offset == 26 + span[0]


def test_a_message_behind_the_headers_of_a_packet_is_found() -> None:
    packet = random.Random(3).randbytes(54) + wrapped(
        [Maker("iso93_ascii").body("request")], ("ascii4", None, None)
    )
    best = diagnose(packet).best
    assert best is not None
    assert (best.spec, best.framing, best.skip) == ("iso93_ascii", "ascii4", 54)


def test_polls_and_several_messages_are_one_capture() -> None:
    maker = Maker("iso87_binary")
    frames = wrapped([maker.body("request"), maker.body("reply")], ("len2", None, None))
    best = diagnose(b"\0\0" + frames + b"\0\0").best
    assert best is not None
    assert (best.framing, best.messages, best.polls) == ("len2", 2, 2)


def test_a_specification_of_ones_own_is_tried() -> None:
    text = """
        [message]
        type_indicator = "bcd"
        bitmap = "binary"
        [fields]
        11 = { name = "Trace", encoding = "bcd", length = 6 }
        41 = { name = "Terminal", encoding = "ascii", prefix = "ascii:5", max = 60000 }
    """
    mine = Codec(text, name="mine")
    octets = mine.encode({"mti": "0800", "11": "000001", "41": "TERMINAL OF MINE"})
    assert diagnose(octets).best is None or not names(diagnose(octets), "mine")
    assert names(diagnose(octets, [mine]), "mine")


@pytest.mark.parametrize(
    ("octets", "looks_like"),
    [
        (b"", "nothing: it is empty"),
        (b"\x08", None),
        (b"GET /health HTTP/1.1\r\nHost: example\r\n\r\n", "an HTTP message"),
        (b"HTTP/1.1 200 OK\r\n\r\n0200", "an HTTP message"),
        (bytes.fromhex("160301020001000001fc0303") + bytes(500), "a TLS record (handshake)"),
        (b'{"mti": "0100", "2": "4000"}', "JSON"),
        (b"The quick brown fox jumps over 0100 lazy dogs.\n" * 9, "plain text"),
        (b"MDEwMHIkZIEI4IAWAAAAAAAABBBFZ4kBI0Vng", "base64"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "a PNG image"),
        (b"\xd4\xc3\xb2\xa1\x02\0\x04\0" + bytes(100), "a packet capture"),
        (bytes(400), None),
        (b"\xff" * 400, None),
    ],
)
def test_what_is_foreign_is_said_to_be_foreign(octets: bytes, looks_like: str | None) -> None:
    diagnosis = diagnose(octets)
    assert diagnosis.best is None
    if looks_like:
        assert looks_like in (diagnosis.looks_like or "")


def test_random_bytes_are_no_message() -> None:
    draw = random.Random(11)
    for length in (8, 20, 60, 100, 300, 1000):
        for _ in range(3):
            octets = draw.randbytes(length)
            assert diagnose(octets).best is None
            assert diagnose(length.to_bytes(2, "big") + octets).best is None
            digits = bytes(draw.choice(b"0123456789") for _ in range(length))
            assert diagnose(digits).best is None


def test_a_large_dump_is_looked_at_in_part() -> None:
    frames = wrapped([Maker("visa_like").body("request")] * 4000, ("vmlh", None, None))
    diagnosis = diagnose(frames)
    assert diagnosis.octets == len(frames) > 500_000
    assert names(diagnosis, "visa_like")


@settings(deadline=None, max_examples=60)
@given(
    st.sampled_from(DIALECTS),
    st.sampled_from(ENVELOPES),
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=6),
    st.integers(0, 400),
)
def test_a_damaged_message_never_fails_and_shows_no_card(
    dialect: str, envelope: Any, changes: list[tuple[int, int]], length: int
) -> None:
    maker = Maker(dialect)
    body = maker.body("track")
    card = maker.codec.decode(body).reveal("2")
    octets = bytearray(wrapped([body], envelope))
    for place, octet in changes:
        octets[place % len(octets)] = octet
    for candidate in diagnose(bytes(octets[: max(length, 1)])).candidates:
        shown = [it.text for it in candidate.evidence]
        shown.append(candidate.fault.text if candidate.fault else "")
        assert not any(card in text for text in shown)
        assert card not in repr(candidate)


PATTERNS = (b"\0", b"\x01\0", b"0100", b"\0\x04", b"\xf0\xf1", b"\0\0\0\x01")


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_large_dump_of_one_pattern_is_no_message(pattern: bytes) -> None:
    diagnosis = diagnose(pattern * (100_000 // len(pattern)))
    assert diagnosis.best is None
    assert diagnosis.looks_like == f"{pattern.hex()} over and over"

"""Random specifications of pyiso8583: it and the import of them read and write the same bytes."""

from __future__ import annotations

import json
import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from iso8583 import decode as peer_decode  # type: ignore[import-untyped, unused-ignore]
from iso8583 import encode as peer_encode  # type: ignore[import-untyped, unused-ignore]
from iso8583.specs import default, default_ascii
from tests.unit.importing import loaded

from cbs.codec import Codec

TEXTS = {
    "ascii": string.printable,
    "latin-1": "".join(map(chr, range(256))),
    "cp037": string.printable,
    "cp500": "".join(map(chr, range(256))),
    "cp1140": string.printable + "\u20ac",
}
LENGTHS = ("b", "bcd", "ascii", "latin-1", "utf-8", "cp037", "cp500", "cp1140", "cp273")
COUNTS = {"b": 256, "bcd": 100}
ENVELOPE_CODINGS = ("b", "ascii", "cp500", "cp037", "latin-1")
NUMBERS = st.integers(2, 192).filter(lambda number: number != 65)


@st.composite
def properties(draw: st.DrawFn) -> dict[str, Any]:
    """Those of one field."""
    data = draw(st.sampled_from(["b", "b", *TEXTS]))
    size = draw(st.integers(0, 3))
    made: dict[str, Any] = {
        "data_enc": data,
        "len_enc": draw(st.sampled_from(LENGTHS)),
        "len_type": size,
        "max_len": draw(st.integers(1 if size else 0, 12)),
    }
    if draw(st.booleans()):
        made["desc"] = draw(st.text(max_size=5))
    if data == "b" and draw(st.booleans()):
        made["len_count"] = "nibbles"
        side = draw(st.sampled_from(["left_pad", "right_pad", ""]))
        if side:
            made[side] = draw(st.sampled_from("0F9A"))
        elif not made["len_type"]:
            made["max_len"] *= 2
    return made


@st.composite
def value(draw: st.DrawFn, field: dict[str, Any]) -> str:
    """What the field can hold."""
    nibbles = field.get("len_count") == "nibbles"
    base = COUNTS.get(field["len_enc"], 10)
    most = min(field["max_len"], base ** field["len_type"] - 1) if field["len_type"] else 0
    units = field["max_len"] if not field["len_type"] else draw(st.integers(0, most))
    if field["data_enc"] == "b":
        digits = units if nibbles else 2 * units
        if nibbles and digits % 2 and not field.keys() & {"left_pad", "right_pad"}:
            digits -= 1
        alphabet = "0123456789ABCDEF"
        return draw(st.text(alphabet, min_size=digits, max_size=digits))
    return draw(st.text(TEXTS[field["data_enc"]], min_size=units, max_size=units))


@st.composite
def cases(draw: st.DrawFn) -> tuple[dict[str, Any], dict[str, str]]:
    """A specification and a message by it."""
    bitmap = draw(st.sampled_from(ENVELOPE_CODINGS))
    fixed = {"len_enc": "ascii", "len_type": 0}
    numbers = draw(st.lists(NUMBERS, min_size=1, max_size=6, unique=True))
    spec = {
        "h": {"data_enc": "ascii", **fixed, "max_len": 0},
        "t": {"data_enc": draw(st.sampled_from(ENVELOPE_CODINGS)), **fixed, "max_len": 4},
        "p": {"data_enc": bitmap, **fixed, "max_len": 16},
        "1": {"data_enc": bitmap, **fixed, "max_len": 16},
        **{str(number): draw(properties()) for number in numbers},
    }
    present = [number for number in numbers if draw(st.booleans())] or numbers[:1]
    values = {str(number): draw(value(spec[str(number)])) for number in present}
    return spec, {"t": draw(st.from_regex(r"[0-9]{4}", fullmatch=True)), **values}


def as_here(spec: dict[str, Any], key: str, text: str) -> str:
    """The peer shows bytes in capital letters."""
    is_bytes = spec[key]["data_enc"] == "b" and spec[key].get("len_count") != "nibbles"
    return text.lower() if is_bytes else text


@given(cases())
def test_the_peer_and_its_import_read_and_write_the_same(
    case: tuple[dict[str, Any], dict[str, str]],
) -> None:
    spec, values = case
    octets = bytes(peer_encode({**values}, spec)[0])
    codec = loaded("pyiso8583", json.dumps(spec).encode())
    message = codec.decode(octets)
    shown = {key: as_here(spec, key, text) for key, text in values.items() if key != "t"}
    assert message.mti == values["t"]
    assert {key: message.reveal(key) for key in message} == shown
    assert codec.encode(message) == octets
    assert codec.encode({"mti": values["t"], **shown}) == octets
    assert peer_decode(octets, spec)[0]["t"] == values["t"]


@pytest.fixture(scope="module")
def shipped() -> list[tuple[Any, Codec]]:
    """The specifications that come with the peer, and what they are here."""
    return [
        (spec, loaded("pyiso8583", b"spec = " + repr(spec).encode()))
        for spec in (default, default_ascii)
    ]


@given(data=st.data())
def test_the_shipped_specifications_read_and_write_the_same(
    shipped: list[tuple[Any, Codec]], data: st.DataObject
) -> None:
    for spec, codec in shipped:
        keys = data.draw(st.lists(NUMBERS.filter(lambda it: it < 129), min_size=1, unique=True))
        values = {str(key): data.draw(value(spec[str(key)])) for key in keys}
        octets = bytes(peer_encode({"t": "0200", **values}, spec)[0])
        shown = {key: as_here(spec, key, text) for key, text in values.items()}
        message = codec.decode(octets)
        assert {key: message.reveal(key) for key in message} == shown
        assert codec.encode(message) == octets == codec.encode({"mti": "0200", **shown})

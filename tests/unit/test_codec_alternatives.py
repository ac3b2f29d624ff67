"""Fields that are another thing where the message type or another value says so."""

from __future__ import annotations

import json

import pytest

from cbs._native import lint_specification
from cbs.codec import Codec
from cbs.errors import DecodeError, EncodeError, SpecificationError

HEAD = '[message]\ntype_indicator = "ascii"\nbitmap = "hex-ascii"\n'

CLEARING = (
    HEAD
    + """
[types.text]
encoding = "ascii"
prefix = "ascii:3"
max = 99

[fields.43]
name = "Merchant"
encoding = "ascii"
class = "ans"
length = 3
[[fields.43.alternatives]]
when = { path = "mti", is = "1*" }
prefix = "ascii:2"
max = 99

[fields.48]
name = "Additional data"
type = "text"
[[fields.48.alternatives]]
when = { path = "mti", is = ["1240", "1442"] }
name = "Private data subelements"
encoding = "ebcdic"
prefix = "ebcdic:3"
[[fields.48.alternatives.layouts]]
kind = "tagged"
tag = "ebcdic:4"
length = "ebcdic:3"
tags.0158 = { name = "Business activity", class = "ans" }
[[fields.48.alternatives]]
when = { path = "43", is = "X?Z" }
encoding = "binary"
prefix = "binary:2"
"""
)


def assert_same_both_ways(codec: Codec, fields: dict[str, str], octets: bytes) -> None:
    body = codec.encode(fields)
    assert body == octets
    message = codec.decode(body)
    for path, text in fields.items():
        assert message.reveal(path) == text
    assert codec.encode(message) == body
    assert codec.encode(json.loads(message.to_json(reveal=True))) == body


def test_an_element_is_another_thing_under_another_message_type() -> None:
    codec = Codec(CLEARING, name="clearing")
    both = b"0000000000210000"
    assert_same_both_ways(
        codec, {"mti": "0100", "43": "ABC", "48": "xy"}, b"0100" + both + b"ABC" + b"002xy"
    )
    assert_same_both_ways(
        codec, {"mti": "1100", "43": "ABCDE", "48": "xy"}, b"1100" + both + b"05ABCDE" + b"002xy"
    )
    element = "0158003MD1".encode("cp037")
    body = b"1240" + both + b"05ABCDE" + "010".encode("cp037") + element
    message = codec.decode(body)
    assert message["48.0158"] == "MD1"
    assert message["48"] == "0158003MD1"
    assert ("48", "Private data subelements", "0158003MD1") in message.describe()
    assert codec.encode({"mti": "1240", "43": "ABCDE", "48": {"0158": "MD1"}}) == body
    assert codec.encode({"mti": "1240", "43": "ABCDE", "48": "0158003MD1"}) == body
    assert codec.encode(json.loads(message.to_json(reveal=True))) == body
    assert codec.encode(message) == body


def test_an_element_is_another_thing_beside_another_value() -> None:
    codec = Codec(CLEARING, name="clearing")
    both = b"0000000000210000"
    assert_same_both_ways(
        codec,
        {"mti": "0100", "43": "XYZ", "48": "00ff"},
        b"0100" + both + b"XYZ" + b"\x00\x02\x00\xff",
    )
    with pytest.raises(EncodeError, match="48: expected hex digits"):
        codec.encode({"mti": "0100", "43": "XYZ", "48": "xy"})
    with pytest.raises(DecodeError) as caught:
        codec.decode(b"0100" + both + b"XYZ" + b"002")
    assert (caught.value.path, caught.value.offset) == ("48", 23)


def test_a_message_that_becomes_another_type_is_written_as_that_type_has_it() -> None:
    codec = Codec(CLEARING, name="clearing")
    message = codec.decode(codec.encode({"mti": "0100", "43": "ABC", "48": "xy"}))
    edited = message.set("mti", "1100")
    assert codec.encode(edited) == codec.encode({"mti": "1100", "43": "ABC", "48": "xy"})


PARTS = (
    HEAD
    + """
[fields.48]
name = "Amounts"
encoding = "ascii"
prefix = "ascii:3"
max = 99
[[fields.48.layouts]]
kind = "positional"
whole = true
[[fields.48.layouts.parts]]
name = "Kind"
length = 1
[[fields.48.layouts.parts]]
name = "Value"
length = 2
[[fields.48.layouts.parts.alternatives]]
when = { path = ".1", is = "L" }
prefix = "ascii:1"
max = 9
[[fields.48.layouts.parts.alternatives]]
when = { path = ".1", is = "B" }
encoding = "bcd"
length = 4
"""
)


@pytest.mark.parametrize(
    ("kind", "value", "octets"),
    [("F", "ab", b"Fab"), ("L", "abc", b"L3abc"), ("B", "1234", b"B\x12\x34")],
)
def test_a_part_is_another_thing_beside_another_part(kind: str, value: str, octets: bytes) -> None:
    if kind == "B":
        spec = PARTS.replace('encoding = "ascii"\nprefix', 'encoding = "latin1"\nprefix')
    else:
        spec = PARTS
    codec = Codec(spec, name="parts")
    body = codec.encode({"mti": "0100", "48": {"1": kind, "2": value}})
    assert body[20:] == b"%03d" % len(octets) + octets
    message = codec.decode(body)
    assert message["48.2"] == value
    assert codec.encode(message) == body
    document = json.loads(message.to_json(reveal=True))
    assert codec.encode(document) == body
    assert codec.encode({"mti": "0100", "48": document["48"]}) == body


def test_a_tag_is_another_thing_under_another_message_type() -> None:
    codec = Codec(
        HEAD
        + """
[fields.55]
name = "Chip data"
encoding = "binary"
prefix = "ascii:3"
max = 99
[[fields.55.layouts]]
kind = "tlv"
[fields.55.layouts.tags.9A]
name = "Date"
encoding = "bcd"
[[fields.55.layouts.tags.9A.alternatives]]
when = { path = "mti", is = "0800" }
encoding = "ascii"
""",
        name="tags",
    )
    for mti, text, octets in (("0100", "261122", "261122"), ("0800", "AB", "4142")):
        body = codec.encode({"mti": mti, "55": {"9A": text}})
        assert body[20:].hex().endswith(octets)
        message = codec.decode(body)
        assert message["55.9A"] == text
        assert codec.encode(json.loads(message.to_json(reveal=True))) == body


def test_what_is_wrong_with_alternatives_is_told_with_its_place() -> None:
    text = HEAD + (
        '[fields.3]\nname = "a"\nencoding = "ascii"\nlength = 2\n'
        "[[fields.3.alternatives]]\nlength = 3\n"
        '[[fields.3.alternatives]]\nwhen = { path = "mti", is = "01*" }\ncolor = "red"\n'
        '[[fields.3.alternatives]]\nwhen = { path = "4", is = "1" }\nencoding = "morse"\n'
    )
    assert {(path, line) for _, path, line, *_ in lint_specification(text)} == {
        ("fields.3.alternatives.0.when", 8),
        ("fields.3.alternatives.1.color", 12),
        ("fields.3.alternatives.2.encoding", 15),
    }
    reached = HEAD + (
        '[fields.3]\nname = "a"\nencoding = "ascii"\nlength = 2\n'
        '[[fields.3.alternatives]]\nwhen = { path = "mti", is = "01*" }\nlength = 3\n'
        '[[fields.3.alternatives]]\nwhen = { path = "mti", is = "0110" }\nlength = 4\n'
    )
    assert [row[:3] for row in lint_specification(reached)] == [
        ("warning", "fields.3.alternatives.1.when", 12)
    ]
    with pytest.raises(SpecificationError, match=r"alternatives\.0\.when: missing"):
        Codec(text, name="faulty")

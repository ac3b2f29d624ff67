"""Where values end: at a terminator, at nothing at all, in front of a pad or of a filler."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cbs._native import lint_specification
from cbs.codec import Codec
from cbs.errors import DecodeError, EncodeError, SpecificationError

HEAD = '[message]\ntype_indicator = "ascii"\nbitmap = "hex-ascii"\n'
BOTH = b"01006000000000000000"
NEXT = '\n[fields.3]\nname = "b"\nencoding = "latin1"\nlength = 2\n'


def codec_of(field: str) -> Codec:
    """A dialect of element 2, described by TOML keys, and of element 3 behind it."""
    return Codec(f'{HEAD}[fields.2]\nname = "a"\n{field}{NEXT}', name="two")


def assert_same_both_ways(codec: Codec, value: Any, octets: bytes, text: str | None = None) -> None:
    """`value` in front of another element is written as `octets`, which are read again."""
    body = codec.encode({"mti": "0100", "2": value, "3": "zz"})
    assert body == BOTH + octets + b"zz"
    message = codec.decode(body)
    assert message.reveal("2") == (value if text is None else text)
    assert message["3"] == "zz"
    assert codec.encode(message) == body
    assert codec.encode(json.loads(message.to_json(reveal=True))) == body
    assert codec.encode(message.set("3", "yy")) == BOTH + octets + b"yy"


def test_a_value_may_end_at_a_terminator() -> None:
    text = codec_of('encoding = "ascii"\nterminator = "1c"\nmax = 5\nmin = 1')
    assert_same_both_ways(text, "AB", b"AB\x1c")
    assert_same_both_ways(text, "ABCDE", b"ABCDE\x1c")
    assert_same_both_ways(codec_of('encoding = "ebcdic"\nterminator = "5c"\nmax = 5'), "", b"\x5c")
    octets = codec_of('encoding = "binary"\nterminator = "00"\nmax = 5')
    assert_same_both_ways(octets, "0102", b"\x01\x02\x00")


def test_a_terminator_that_is_missing_or_misplaced_is_an_error() -> None:
    codec = codec_of('encoding = "ascii"\nterminator = "1c"\nmax = 5\nmin = 1')
    for body, offset, problem in (
        (BOTH + b"ABCDEF\x1czz", 20, "a terminator behind at most 5 characters, found none"),
        (BOTH + b"AB", 20, "a terminator behind at most 5 characters, found none"),
        (BOTH + b"\x1czz", 20, "1 to 5 characters, found 0 bytes"),
    ):
        with pytest.raises(DecodeError, match=problem) as caught:
            codec.decode(body)
        assert (caught.value.path, caught.value.offset) == ("2", offset)
    with pytest.raises(EncodeError, match="2: expected a value without its terminator"):
        codec.encode({"mti": "0100", "2": "A\x1c", "3": "zz"})
    with pytest.raises(EncodeError, match="2: expected 1 to 5 characters, found 6"):
        codec.encode({"mti": "0100", "2": "ABCDEF", "3": "zz"})


def test_an_element_may_be_a_bit_without_a_byte() -> None:
    codec = codec_of('encoding = "ascii"\nlength = 0')
    assert_same_both_ways(codec, "", b"")
    assert "2" in codec.decode(BOTH + b"zz")
    assert "2" not in codec.decode(b"01002000000000000000zz")
    with pytest.raises(EncodeError, match="2: expected 0 characters, found 1"):
        codec.encode({"mti": "0100", "2": "A"})


def test_a_pad_that_is_no_digit_may_be_taken_off_digits_in_whole_bytes() -> None:
    pad = 'pad_side = "right"\npad_nibble = 15\npad_taken_off = true\n'
    counted = codec_of(f'encoding = "bcd"\nunit = "bytes"\nprefix = "ebcdic:2"\nmax = 9\n{pad}')
    assert_same_both_ways(counted, "123", b"\xf0\xf2\x12\x3f")
    assert_same_both_ways(counted, "1234", b"\xf0\xf2\x12\x34")
    assert_same_both_ways(counted, "", b"\xf0\xf0")
    even = codec_of(f'encoding = "bcd"\ncount_even = true\nprefix = "ascii:2"\nmax = 18\n{pad}')
    assert_same_both_ways(even, "123", b"04\x12\x3f")
    left = codec_of('encoding = "bcd"\nlength = 4\npad_nibble = 12\npad_taken_off = true')
    assert_same_both_ways(left, "123", b"\xc1\x23")
    assert_same_both_ways(left, "0123", b"\x01\x23")
    for wrong in (b"\xf0\xf2\x1f\x23", b"\xf0\xf2\x12\xff"):
        with pytest.raises(DecodeError, match="decimal digits"):
            counted.decode(BOTH + wrong + b"zz")


def test_a_pad_that_is_taken_off_is_no_part_of_what_is_inside() -> None:
    pad = 'pad_side = "right"\npad_nibble = 15\npad_taken_off = true\n'
    parts = '[[fields.2.layouts]]\nkind = "positional"\n' + "".join(
        f'[[fields.2.layouts.parts]]\nname = "p"\nlength = {length}\n' for length in (2, 1, 2)
    )
    head = 'encoding = "bcd"\nunit = "bytes"\nprefix = "ascii:2"\nmax = 9\n'
    codec = codec_of(head + pad + parts)
    body = codec.encode({"mti": "0100", "2": {"1": "12", "2": "3"}, "3": "zz"})
    assert body == BOTH + b"02\x12\x3fzz"
    message = codec.decode(body)
    assert (message["2.1"], message["2.2"], "2.3" in message) == ("12", "3", False)
    document = json.loads(message.to_json())
    assert document["2"] == "123"
    assert codec.encode(document) == body


def test_the_pad_in_front_of_an_odd_number_of_parts_is_no_digit_of_the_field() -> None:
    parts = '[[fields.2.layouts]]\nkind = "positional"\n' + "".join(
        f'[[fields.2.layouts.parts]]\nname = "p"\nlength = {length}\n' for length in (2, 1)
    )
    codec = codec_of('encoding = "bcd"\nlength = 3\npad_nibble = 12\n' + parts)
    body = codec.encode({"mti": "0100", "2": {"1": "12", "2": "3"}, "3": "zz"})
    assert body == BOTH + b"\xc1\x23zz"
    assert codec.decode(body)["2.2"] == "3"


def test_what_a_value_was_filled_up_with_may_be_taken_off() -> None:
    text = codec_of('encoding = "ebcdic"\nlength = 4\nfill = "right: "\ntrim = true')
    assert_same_both_ways(text, "A", b"\xc1\x40\x40\x40")
    assert_same_both_ways(text, " A", b"\x40\xc1\x40\x40")
    assert_same_both_ways(text, "", b"\x40\x40\x40\x40")
    digits = codec_of('encoding = "bcd"\nlength = 5\nfill = "left:0"\ntrim = true')
    assert_same_both_ways(digits, "42", b"\x00\x00\x42")
    assert_same_both_ways(digits, "", b"\x00\x00\x00")
    area = 'encoding = "ascii"\nprefix = "ascii:2"\nmin = 3\nmax = 5\nfill = "right:x"\ntrim = true'
    counted = codec_of(area)
    assert_same_both_ways(counted, "A", b"03Axx")
    longer = BOTH + b"05Axxxxzz"
    assert counted.decode(longer)["2"] == "A"
    assert counted.encode(counted.decode(longer)) == longer


@pytest.mark.parametrize(
    ("field", "path", "problem"),
    [
        ('encoding = "ascii"\nterminator = "1c"', "max", "needs it"),
        ('encoding = "ascii"\nterminator = "1c1c"\nmax = 2', "terminator", "two hex digits"),
        ('encoding = "bcd"\nterminator = "1c"\nmax = 2', "terminator", "whole bytes"),
        ('encoding = "ascii"\nterminator = "1c"\nmax = 2\nlength = 3', "length", "max instead"),
        ('encoding = "ascii"\nlength = 2\npad_taken_off = true', "pad_taken_off", "packed digits"),
        ('encoding = "bcd"\nlength = 2\npad_taken_off = true', "pad_taken_off", "be a digit"),
        (
            'encoding = "bcd"\nlength = 3\npad_nibble = 15\npad_taken_off = true',
            "pad_taken_off",
            "whole bytes",
        ),
        ('encoding = "ascii"\nlength = 2\ntrim = true', "trim", "needs a fill"),
    ],
)
def test_ends_that_cannot_be_are_told(field: str, path: str, problem: str) -> None:
    rows = lint_specification(f'{HEAD}[fields.2]\nname = "a"\n{field}\n')
    assert [(row[1], problem in row[3]) for row in rows] == [(f"fields.2.{path}", True)]
    with pytest.raises(SpecificationError):
        codec_of(field)

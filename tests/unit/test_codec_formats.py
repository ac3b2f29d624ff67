"""Every way in which a specification can say how a value lies in bytes, with the very bytes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cbs.codec import Codec
from cbs.errors import DecodeError, EncodeError, SpecificationError

HEAD = '[message]\ntype_indicator = "bcd"\nbitmap = "binary"\n'
FIRST = "0100" + "4000000000000000"
"""Message type and a bitmap with element 2 alone."""


def codec_of(field: str, *, head: str = HEAD) -> Codec:
    """A dialect of one element: 2, described by TOML keys."""
    return Codec(f'{head}[fields.2]\nname = "a"\n{field}', name="one")


def assert_same_both_ways(codec: Codec, value: Any, octets: str, text: str | None = None) -> None:
    """`value` is written as `octets`, which are read as `text` and give the same bytes again."""
    body = codec.encode({"mti": "0100", "2": value})
    assert body.hex() == FIRST + octets
    message = codec.decode(body)
    assert message.reveal("2") == (value if text is None else text)
    assert codec.encode(message) == body
    assert codec.encode(json.loads(message.to_json(reveal=True))) == body


@pytest.mark.parametrize(
    ("field", "text", "octets"),
    [
        ('encoding = "bcd"\nlength = 3', "123", "0123"),
        ('encoding = "bcd"\nlength = 3\npad_side = "right"\npad_nibble = 15', "123", "123f"),
        ('encoding = "bcd"\nlength = 3\npad_nibble = 13', "123", "d123"),
        ('encoding = "bcd"\nlength = 4\nletters = true', "1a2d", "1a2d"),
        ('encoding = "bcd"\nlength = 4\nletters = "upper"', "1A2D", "1a2d"),
        ('encoding = "bcd"\nlength = 4\nletters = "track"', "1A2=", "1a2d"),
        ('encoding = "bcd"\nlength = 4\nclass = "z"\nletters = "track"', "123=", "123d"),
        ('encoding = "binary"\nlength = 2', "00ff", "00ff"),
        ('encoding = "ascii"\nlength = 2', "A1", "4131"),
        ('encoding = "latin1"\nlength = 2', "A\xe9", "41e9"),
        ('encoding = "ebcdic"\nlength = 2', "A[", "c1ba"),
        ('encoding = "ebcdic"\nebcdic_page = "500"\nlength = 2', "A[", "c14a"),
        ('encoding = "ebcdic"\nebcdic_page = "1047"\nlength = 2', "A[", "c1ad"),
        ('encoding = "ebcdic"\nebcdic_page = "1140"\nlength = 2', "A\u20ac", "c19f"),
        ('encoding = "hex-ascii"\nlength = 2', "00af", "30304146"),
        ('encoding = "hex-ebcdic"\nlength = 2', "00af", "f0f0c1c6"),
        ('encoding = "hex-ascii"\nlength = 3\nunit = "chars"', "0af", "304146"),
        ('encoding = "hex-ascii"\nprefix = "ascii:2"\nmax = 9', "00af", "303230304146"),
        ('encoding = "bcd"\nsign = "ascii"\nlength = 9', "C00000100", "4300000100"),
        ('encoding = "bcd"\nsign = "ebcdic"\nlength = 9', "D00000100", "c400000100"),
        ('encoding = "bcd"\nsign = "ascii"\nlength = 8', "C0000100", "4300000100"),
        ('encoding = "ascii"\nclass = "x+n"\nlength = 9', "C00000100", "433030303030313030"),
        ('encoding = "ebcdic"\nsign = "zoned"\nlength = 3', "123", "f1f2f3"),
        ('encoding = "ebcdic"\nsign = "zoned"\nlength = 3', "-123", "f1f2d3"),
        ('encoding = "ebcdic"\nsign = "zoned"\nlength = 3', "+123", "f1f2c3"),
    ],
    ids=str,
)
def test_a_value_of_each_encoding(field: str, text: str, octets: str) -> None:
    assert_same_both_ways(codec_of(field), text, octets)


@pytest.mark.parametrize(
    ("prefix", "octets"),
    [
        ("binary:1", "05"),
        ("binary:2", "0005"),
        ("binary:3", "000005"),
        ("binary:4", "00000005"),
        ("bcd:1", "05"),
        ("bcd:3", "0005"),
        ("ascii:1", "35"),
        ("ascii:4", "30303035"),
        ("ebcdic:2", "f0f5"),
        ("hex-ascii:1", "3035"),
        ("hex-ebcdic:2", "f0f0f0f5"),
    ],
)
def test_a_length_of_each_coding_in_front_of_any_encoding(prefix: str, octets: str) -> None:
    digits = codec_of(f'encoding = "bcd"\nprefix = "{prefix}"\nmax = 9')
    assert_same_both_ways(digits, "12345", octets + "012345")
    text = codec_of(f'encoding = "ebcdic"\nprefix = "{prefix}"\nmax = 9')
    assert_same_both_ways(text, "ABCDE", octets + "c1c2c3c4c5")


def test_what_a_length_counts_is_apart_from_both_codings() -> None:
    for unit, octets in (("digits", "06123456"), ("nibbles", "06123456"), ("bytes", "03123456")):
        codec = codec_of(f'encoding = "bcd"\nprefix = "binary:1"\nmax = 20\nunit = "{unit}"')
        assert_same_both_ways(codec, "123456", octets)
    codec = codec_of('encoding = "binary"\nprefix = "bcd:2"\nmax = 20\nunit = "nibbles"')
    assert_same_both_ways(codec, "abcdef", "06abcdef")


def test_a_length_may_count_itself() -> None:
    codec = codec_of('encoding = "ascii"\nprefix = "ascii:2"\nmax = 9\ninclusive = true')
    assert_same_both_ways(codec, "ABC", "3035414243")
    with pytest.raises(
        DecodeError, match="expected a length of 2 to 11 characters, found length 1"
    ):
        codec.decode(bytes.fromhex(FIRST + "3031"))


def test_an_odd_count_may_be_rounded_up_with_its_pad() -> None:
    codec = codec_of('encoding = "bcd"\nprefix = "ascii:2"\nmax = 20\ncount_even = true')
    assert_same_both_ways(codec, "123", "30340123", text="0123")
    assert_same_both_ways(codec, "1234", "30341234")
    with pytest.raises(DecodeError, match="an even length"):
        codec.decode(bytes.fromhex(FIRST + "30330123"))


def test_a_fixed_area_has_its_length_in_front_and_a_filler_behind() -> None:
    codec = codec_of('encoding = "ascii"\nprefix = "ascii:2"\nmax = 5\nfixed_area = true')
    assert_same_both_ways(codec, "ABC", "30334142432020")
    other = bytes.fromhex(FIRST + "30334142430041")
    assert codec.encode(codec.decode(other)) == other
    digits = codec_of(
        'encoding = "bcd"\nprefix = "bcd:2"\nmax = 6\nfixed_area = true\nfill = "right:f"'
    )
    assert digits.encode({"mti": "0100", "2": "12"}).hex() == FIRST + "0212ffff"


def test_a_short_value_is_filled_only_where_the_specification_says_so() -> None:
    assert codec_of('encoding = "ascii"\nlength = 4\nfill = "left:0"').encode(
        {"mti": "0100", "2": "7"}
    ).hex() == (FIRST + "30303037")
    assert codec_of('encoding = "ebcdic"\nlength = 4\nfill = "right: "').encode(
        {"mti": "0100", "2": "A"}
    ).hex() == (FIRST + "c1404040")
    assert codec_of('encoding = "bcd"\nlength = 5\nfill = "left:0"').encode(
        {"mti": "0100", "2": "7"}
    ).hex() == (FIRST + "000007")
    signed = codec_of('encoding = "ascii"\nclass = "x+n"\nlength = 5\nfill = "left:0"')
    assert_same_both_ways(signed, "C7", "4330303037", text="C0007")
    with pytest.raises(EncodeError, match="4 characters, found 1"):
        codec_of('encoding = "ascii"\nlength = 4').encode({"mti": "0100", "2": "7"})


def test_a_counted_value_is_filled_up_to_its_max_and_read_at_any_length() -> None:
    codec = codec_of('encoding = "ascii"\nprefix = "ascii:2"\nmax = 4\nfill = "left:0"')
    assert_same_both_ways(codec, "7", "303430303037", text="0007")
    shorter = bytes.fromhex(FIRST + "303130")
    assert codec.decode(shorter)["2"] == "0"
    assert codec.encode(codec.decode(shorter)) == shorter


def test_bytes_are_filled_with_one_hex_digit_or_two() -> None:
    zeros = codec_of('encoding = "binary"\nlength = 3\nfill = "left:0"')
    assert_same_both_ways(zeros, "ff", "0000ff", text="0000ff")
    characters = codec_of('encoding = "binary"\nprefix = "binary:1"\nmax = 3\nfill = "right:20"')
    assert_same_both_ways(characters, "ff", "03ff2020", text="ff2020")
    hex_text = codec_of('encoding = "hex-ascii"\nlength = 2\nfill = "left:30"')
    assert_same_both_ways(hex_text, "ff", "33304646", text="30ff")


@pytest.mark.parametrize(
    ("field", "problem"),
    [
        ('encoding = "ascii"\nlength = 3\nfill = "left:30"', "bytes may take two hex digits"),
        ('encoding = "binary"\nlength = 3\nfill = "left:z"', "filled with hex digits"),
        ('encoding = "ascii"\nrest = true\nfill = "left:0"', "a rest has no length"),
        (
            'encoding = "binary"\nprefix = "binary:1"\nmax = 3\nfixed_area = true\n'
            'fill = "left:30"',
            "one character",
        ),
    ],
)
def test_a_filling_that_cannot_be_is_refused(field: str, problem: str) -> None:
    with pytest.raises(SpecificationError, match=problem):
        codec_of(field)


def test_a_message_type_may_be_hex_text_of_its_characters() -> None:
    head = HEAD.replace('"bcd"', '"hex-ascii"')
    codec = codec_of('encoding = "ascii"\nlength = 1', head=head)
    body = b"30383130" + bytes.fromhex("4000000000000000") + b"x"
    message = codec.decode(body)
    assert message.mti == "0810"
    assert codec.encode(message) == body == codec.encode({"mti": "0810", "2": "x"})
    for wrong, offset in ((b"3A383130", 1), (b"40383130", 0), (b"3038313a", 7)):
        with pytest.raises(DecodeError) as refused:
            codec.decode(wrong + body[8:])
        assert (refused.value.path, refused.value.offset) == ("mti", offset)


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("n", "019", "01A"),
        ("a", "aZ ", "a1 "),
        ("an", "a1 ", "a-1"),
        ("as", "a-.", "a-1"),
        ("ns", "1-.", "1-a"),
        ("ans", "a1-", "a\x01-"),
        ("anp", "a1 ", "a1-"),
        ("z", "1=2", "1+2"),
        ("h", "aF0", "ag0"),
        ("x+n", "C01", "C0C"),
    ],
)
@pytest.mark.parametrize("encoding", ["ascii", "latin1", "ebcdic"])
def test_a_class_lets_in_only_its_characters(name: str, good: str, bad: str, encoding: str) -> None:
    codec = codec_of(f'encoding = "{encoding}"\nclass = "{name}"\nlength = 3')
    free = codec_of(f'encoding = "{encoding}"\nlength = 3')
    octets = codec.encode({"mti": "0100", "2": good})
    assert codec.decode(octets)["2"] == good
    with pytest.raises(EncodeError):
        codec.encode({"mti": "0100", "2": bad})
    with pytest.raises(DecodeError) as caught:
        codec.decode(free.encode({"mti": "0100", "2": bad}))
    assert caught.value.path == "2"
    assert caught.value.offset in (10, 11, 12)


ASCII_HEAD = '[message]\ntype_indicator = "ascii"\nbitmap = "hex-ascii"\n'
TEXT = '[fields.{}]\nname = "a"\nencoding = "ascii"\nlength = 1\n'


def test_message_types_and_bitmaps_are_of_three_codings_each() -> None:
    field = 'encoding = "ascii"\nlength = 1'
    for words, octets in (
        ('type_indicator = "ascii"\nbitmap = "hex-ascii"', b"01004000000000000000".hex()),
        ('type_indicator = "ebcdic"\nbitmap = "binary"', "f0f1f0f0" + "4000000000000000"),
        ('type_indicator = "ebcdic"\nbitmap = "hex-ebcdic"', "f0f1f0f0f4" + "f0" * 15),
    ):
        codec = codec_of(field, head=f"[message]\n{words}\n")
        body = codec.encode({"mti": "0100", "2": "A"})
        assert body.hex() == octets + "41"
        message = codec.decode(body)
        assert (message.mti, message.bitmap, message["2"]) == ("0100", "4000000000000000", "A")
        assert codec.encode(message) == body


def test_a_fixed_pair_of_bitmaps_leaves_bit_1_free() -> None:
    codec = Codec(ASCII_HEAD + "bitmaps_fixed = 2\n" + TEXT.format(2) + TEXT.format(65), name="m")
    written = codec.encode({"mti": "0100", "2": "A", "65": "B"})
    assert written == b"0100" + b"4000000000000000" + b"8000000000000000" + b"AB"
    for first in (b"40", b"C0"):
        body = b"0100" + first + written[6:]
        message = codec.decode(body)
        assert (message["2"], message["65"]) == ("A", "B")
        assert codec.encode(message) == body
        assert codec.encode(json.loads(message.to_json())) == body


def test_a_third_bitmap_may_lie_in_an_element() -> None:
    fields = "".join(TEXT.format(number) for number in (2, 66, 130))
    codec = Codec(ASCII_HEAD + "third_bitmap = 65\n" + fields, name="m")
    body = codec.encode({"mti": "0100", "2": "A", "66": "B", "130": "C"})
    assert body == b"0100" + b"C000000000000000" + b"C000000000000000" + b"A" + b"4" + b"0" * 15 + (
        b"BC"
    )
    message = codec.decode(body)
    assert list(message) == ["2", "65", "66", "130"]
    assert message["65"] == "4000000000000000"
    assert codec.encode(json.loads(message.to_json())) == body
    with pytest.raises(EncodeError, match="the bitmap of the elements given"):
        codec.encode({"mti": "0100", "65": "8000000000000000", "130": "C"})


def test_a_header_in_front_of_the_message_type_is_kept() -> None:
    codec = Codec(ASCII_HEAD + 'header = "49534f"\n' + TEXT.format(2), name="m")
    assert codec.encode({"mti": "0100", "2": "A"}) == b"ISO01004000000000000000A"
    body = b"XYZ01004000000000000000A"
    message = codec.decode(body)
    assert message["_header"] == "58595a"
    assert codec.encode(message) == body
    assert codec.encode(json.loads(message.to_json())) == body
    with pytest.raises(DecodeError, match="_header at offset 0: expected a header of 3 bytes"):
        codec.decode(b"IS")


def test_trailing_bytes_are_refused_kept_or_left_out() -> None:
    body = b"01004000000000000000A"
    codecs = {
        word: Codec(ASCII_HEAD + f'trailing = "{word}"\n' + TEXT.format(2), name="m")
        for word in ("reject", "keep", "ignore")
    }
    with pytest.raises(DecodeError, match="expected the end of the message, found 2 bytes more"):
        codecs["reject"].decode(body + b"\x00\x01")
    kept = codecs["keep"].decode(body + b"\x00\x01")
    assert kept["_rest"] == "****"
    assert kept.reveal("_rest") == "0001"
    assert codecs["keep"].encode(kept) == body + b"\x00\x01"
    assert codecs["keep"].encode(json.loads(kept.to_json(reveal=True))) == body + b"\x00\x01"
    ignored = codecs["ignore"].decode(body + b"\x00\x01")
    assert codecs["ignore"].encode(ignored) == body
    assert "_rest" not in ignored


def test_elements_that_nobody_knows_are_refused_or_kept_unread() -> None:
    body = b"01007000000000000000A" + b"what follows"
    with pytest.raises(DecodeError, match="bit 3 set, which has no definition") as caught:
        Codec(ASCII_HEAD + TEXT.format(2), name="m").decode(body)
    assert caught.value.path == "3"
    codec = Codec(ASCII_HEAD + 'unknown_elements = "keep"\n' + TEXT.format(2), name="m")
    message = codec.decode(body)
    assert message["2"] == "A"
    assert message.reveal("_rest") == b"what follows".hex()
    assert codec.encode(message) == body
    assert codec.encode(json.loads(message.to_json(reveal=True))) == body


def test_nibbles_counted_by_characters_of_ascii_as_the_peer_counts_them() -> None:
    # knovichikhin/pyiso8583 4.0.1 tests/test_nibbles.py: odd, pad nibble F on the right
    field = 'encoding = "binary"\nunit = "nibbles"\nprefix = "ascii:2"\nmax = 8\n'
    codec = codec_of(field + 'pad_side = "right"\npad_nibble = 15', head=ASCII_HEAD)
    body = bytes.fromhex("30323030343030303030303030303030303030303033123f")
    message = codec.decode(body)
    assert (message.mti, message.bitmap, message["2"]) == ("0200", "4000000000000000", "123")
    assert codec.encode(message) == codec.encode({"mti": "0200", "2": "123"}) == body


def test_three_contiguous_bitmaps_announce_each_other() -> None:
    # jpos/jPOS jpos/src/test/java/org/jpos/iso/IFB_BITMAPTest.java: bits, not a message
    bits = [2, 3, 4, 7, 11, 12, 13, 14, 22, 25, 37, 39, 41, 42, 43, 120, 125, 130, 131, 135, 136]
    bits += [137, 139, 140, 141, 142, 146, 147, 148, 149, 188]
    codec = Codec(HEAD + "".join(TEXT.format(bit) for bit in bits), name="m")
    octets = "f23c04800ae00000800000000000010863bc780000000010"
    message = codec.decode(bytes.fromhex("0800" + octets) + b"A" * len(bits))
    assert [int(number) for number in message] == bits
    assert message.bitmap == octets


def test_data_sets_hold_tags_of_one_to_three_bytes() -> None:
    # jpos/jPOS jpos/src/test/java/org/jpos/iso/DatasetPackagerTest.java: a field's content
    content = "0100145a0212349f02060102030405069f810103070809"
    field = 'encoding = "binary"\nprefix = "binary:1"\nmax = 255\n[[fields.2.layouts]]\n'
    codec = codec_of(field + 'kind = "datasets"\n')
    message = codec.decode(bytes.fromhex(FIRST + "17" + content))
    assert message["2._dataset"] == "01"
    assert message["2.5A"] == "1234"
    assert message["2.9F02"] == "010203040506"
    assert message["2.9F8101"] == "070809"

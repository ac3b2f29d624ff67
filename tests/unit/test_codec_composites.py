"""Fields inside fields: every kind of layout, in every coding, with the very bytes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cbs.codec import Codec
from cbs.errors import DecodeError, EncodeError

HEAD = '[message]\ntype_indicator = "ascii"\nbitmap = "binary"\n'
FIRST = b"0100" + bytes.fromhex("4000000000000000")


def codec_of(field: str) -> Codec:
    """A dialect whose element 2 is described by TOML text."""
    return Codec(f'{HEAD}[fields.2]\nname = "a"\n{field}', name="one")


def assert_read(codec: Codec, content: bytes, expected: dict[str, str]) -> None:
    """The content has these values inside, and comes back from each shape byte for byte."""
    message = codec.decode(FIRST + content)
    found = {path[2:]: text for path, _, text in message.describe(reveal=True) if "." in path}
    assert found == expected
    for key, text in expected.items():
        assert message.reveal(f"2.{key}") == text
    assert codec.encode(message) == FIRST + content
    document = json.loads(message.to_json(reveal=True))
    assert codec.encode(document) == FIRST + content
    del document["2"]
    assert codec.encode(document) == FIRST + content


TAGGED = (
    'encoding = "ascii"\nprefix = "ascii:3"\nmax = 999\n[[fields.2.layouts]]\nkind = "tagged"\n'
)


def test_private_data_subelements() -> None:
    codec = codec_of(TAGGED + 'tag = "ascii:4"\nlength = "ascii:3"\ntags.0158 = { name = "b" }\n')
    content = b"025" + b"0158003ABC" + b"9999001X" + b"0158000"
    message = codec.decode(FIRST + content)
    assert message["2.0158"] == "ABC"
    assert message["2.9999"] == "X"
    assert json.loads(message.to_json())["subfields"]["2"] == {"0158": ["ABC", ""], "9999": "X"}
    assert codec.encode(message) == FIRST + content
    assert codec.encode(json.loads(message.to_json())) == FIRST + content


def test_a_category_letter_stands_in_front_of_subelements() -> None:
    lead = 'lead = { name = "Category", length = 1, class = "a" }\n'
    field = TAGGED.replace("ascii", "ebcdic") + 'tag = "ebcdic:2"\nlength = "ebcdic:2"\n'
    nested = """[fields.2.layouts.tags.42]
name = "b"
[[fields.2.layouts.tags.42.layouts]]
kind = "tagged"
tag = "ebcdic:2"
length = "ebcdic:2"
"""
    codec = codec_of(field + lead + nested)
    text = "019" + "R" + "4207" + "0103212" + "9203" + "456"
    assert_read(
        codec,
        text.encode("cp037"),
        {"_lead": "R", "42": "0103212", "42.01": "212", "92": "456"},
    )
    with pytest.raises(EncodeError, match="what stands in front, found nothing"):
        codec.encode({"mti": "0100", "2": {"92": "456"}})


def test_a_length_in_front_of_its_tag_may_count_the_tag() -> None:
    field = TAGGED + 'tag = "ascii:2"\nlength = "ascii:2"\norder = "length-tag"\n'
    assert_read(codec_of(field), b"007" + b"03" + b"AB" + b"xyz", {"AB": "xyz"})
    counted = codec_of(field + "length_counts_tag = true\n")
    assert_read(counted, b"007" + b"05" + b"AB" + b"xyz", {"AB": "xyz"})
    with pytest.raises(DecodeError, match=r"2\.AB at offset 15: expected a length of 2 to 5"):
        counted.decode(FIRST + b"007" + b"01" + b"AB" + b"xyz")


@pytest.mark.parametrize(
    ("tag", "length", "content"),
    [
        ("binary:1", "binary:2", "df0002aabb"),
        ("bcd:4", "bcd:2", "015802aabb"),
        ("ascii:3", "hex-ascii:1", "3031453032aabb"),
        ("ebcdic:2", "binary:1", "f0c102aabb"),
    ],
)
def test_tags_of_every_coding(tag: str, length: str, content: str) -> None:
    codec = codec_of(
        'encoding = "binary"\nprefix = "binary:1"\nmax = 255\n[[fields.2.layouts]]\n'
        f'kind = "tagged"\ntag = "{tag}"\nlength = "{length}"\n'
    )
    octets = bytes.fromhex(content)
    message = codec.decode(FIRST + bytes([len(octets)]) + octets)
    path, _, text = message.describe()[1]
    assert text == "aabb"
    assert_read(codec, bytes([len(octets)]) + octets, {path[2:]: "aabb"})


def test_a_tag_without_a_length_is_as_long_as_its_definition_says() -> None:
    codec = codec_of(
        TAGGED + 'tag = "ascii:2"\n'
        'tags.01 = { name = "b", length = 3 }\n'
        'tags.02 = { name = "c", prefix = "ascii:1", max = 9 }\n'
    )
    assert_read(codec, b"010" + b"01xyz" + b"022AB", {"01": "xyz", "02": "AB"})
    with pytest.raises(DecodeError, match=r"2\.03 at offset 15: expected a tag that is known"):
        codec.decode(FIRST + b"00303x")


def test_what_is_no_tag_or_has_no_room_is_told() -> None:
    codec = codec_of(TAGGED + 'tag = "ascii:2"\nlength = "ascii:2"\nunknown = "reject"\n')
    for content, problem in (
        (b"003ab1", "a tag and length of 4 bytes, found 3 bytes left"),
        (b"004a-01", "a tag of digits and capital letters"),
        (b"0040101", "a tag that is known"),
    ):
        with pytest.raises(DecodeError, match=problem):
            codec.decode(FIRST + content)
    codec = codec_of(TAGGED + 'tag = "ascii:2"\nlength = "ascii:2"\n')
    with pytest.raises(DecodeError, match=r"2\.01 at offset 17: expected a length of 0 to 1 bytes"):
        codec.decode(FIRST + b"0050105x")


@pytest.mark.parametrize(
    ("keys", "bitmap"),
    [
        ("bitmap_bytes = 1", "c0"),
        ("bitmap_bytes = 8", "c000000000000000"),
        ('bitmap_bytes = 2\nbitmap = "hex-ascii"', b"C000".hex()),
        ('bitmap_bytes = 1\nbitmap = "hex-ebcdic"', "c3f0"),
        ("bitmap_bytes = 16", "c0" + "00" * 15),
    ],
)
def test_a_bitmap_inside_a_field(keys: str, bitmap: str) -> None:
    codec = codec_of(
        'encoding = "latin1"\nprefix = "binary:1"\nmax = 255\n'
        f'[[fields.2.layouts]]\nkind = "bitmapped"\n{keys}\n'
        'parts.1 = { name = "b", length = 1 }\n'
        'parts.2 = { name = "c", prefix = "ascii:1", max = 9 }\n'
    )
    octets = bytes.fromhex(bitmap) + b"x" + b"2yz"
    message = codec.decode(FIRST + bytes([len(octets)]) + octets)
    assert (message["2.1"], message["2.2"]) == ("x", "yz")
    assert_read(
        codec,
        bytes([len(octets)]) + octets,
        {"_bitmap": message["2._bitmap"], "1": "x", "2": "yz"},
    )


def test_bitmaps_inside_a_field_may_announce_each_other() -> None:
    codec = codec_of(
        'encoding = "binary"\nprefix = "binary:1"\nmax = 255\n[[fields.2.layouts]]\n'
        'kind = "bitmapped"\nbitmap_bytes = 2\nbitmaps_max = 2\n'
        'parts.2 = { name = "b", length = 1 }\nparts.18 = { name = "c", length = 1 }\n'
    )
    assert_read(codec, bytes.fromhex("03" + "4000aa"), {"_bitmap": "4000", "2": "aa"})
    expected = {"_bitmap": "c0004000", "2": "aa", "18": "bb"}
    assert_read(codec, bytes.fromhex("06" + "c0004000aabb"), expected)


def test_what_lies_inside_hex_text_is_what_the_text_stands_for() -> None:
    codec = codec_of(
        'encoding = "hex-ascii"\nprefix = "ascii:3"\nmax = 255\n[[fields.2.layouts]]\n'
        'kind = "tlv"\ntags.5A = { name = "b", sensitivity = "pan" }\n'
    )
    pan = "4000000000000010"
    content = b"015" + b"9F02020001" + b"5A08" + pan.encode()
    assert_read(codec, content, {"9F02": "0001", "5A": pan})
    message = codec.decode(FIRST + content)
    assert message["2.5A"] == "400000******0010"
    assert pan not in message.to_json().decode()
    assert message["2"] == "*" * 30
    with pytest.raises(DecodeError) as caught:
        codec.decode(FIRST + b"0035A0840")
    assert (caught.value.path, caught.value.offset) == ("2.5A", 17)


def test_a_tag_may_hold_parts_of_its_own() -> None:
    codec = codec_of(
        'encoding = "binary"\nprefix = "binary:1"\nmax = 255\n[[fields.2.layouts]]\nkind = "tlv"\n'
        '[fields.2.layouts.tags.9F33]\nname = "b"\n[[fields.2.layouts.tags.9F33.layouts]]\n'
        'kind = "positional"\nparts = [{ name = "c", length = 1 }, { name = "d", length = 2 }]\n'
    )
    expected = {"9F33": "e0f0c8", "9F33.1": "e0", "9F33.2": "f0c8"}
    assert_read(codec, bytes.fromhex("069f3303e0f0c8"), expected)
    with pytest.raises(DecodeError, match=r"2\.9F33\.2 at offset 17: expected 2 bytes, found 1"):
        codec.decode(FIRST + bytes.fromhex("059f3302e0f0"))


CONDITIONAL = f"""{HEAD}
[types]
t = {{ encoding = "ascii" }}
[fields.3]
name = "a"
type = "t"
length = 2
[fields.4]
name = "b"
type = "t"
prefix = "ascii:1"
max = 9
[[fields.4.layouts]]
when = {{ path = "3", is = ["1?", "20"] }}
kind = "positional"
parts = [{{ name = "one", length = 1 }}, {{ name = "rest", rest = true }}]
[[fields.4.layouts]]
when = {{ path = "mti", is = "02*" }}
kind = "positional"
parts = [{{ name = "two", length = 2 }}, {{ name = "rest", rest = true }}]
[fields.5]
name = "c"
type = "t"
length = 3
[[fields.5.layouts]]
kind = "positional"
parts = [
  {{ name = "kind", length = 1 }},
  {{ name = "value", length = 2, layouts = [
    {{ when = {{ path = ".1", is = "A" }}, kind = "positional", parts = [
      {{ name = "d", length = 1 }}, {{ name = "e", length = 1 }} ] }},
  ] }},
]
"""


@pytest.mark.parametrize(
    ("mti", "three", "four"),
    [
        ("0100", "11", {"1": "x", "2": "yz"}),
        ("0100", "20", {"1": "x", "2": "yz"}),
        ("0200", "30", {"1": "xy", "2": "z"}),
        ("0200", "11", {"1": "x", "2": "yz"}),
        ("0100", "30", None),
    ],
)
def test_other_values_decide_which_layout_counts(
    mti: str, three: str, four: dict[str, str] | None
) -> None:
    codec = Codec(CONDITIONAL, name="one")
    values: dict[str, Any] = {"mti": mti, "3": three, "4": "xyz"}
    body = codec.encode(values)
    message = codec.decode(body)
    nested = json.loads(message.to_json()).get("subfields", {}).get("4")
    assert nested == four
    assert codec.encode(json.loads(message.to_json())) == body
    if four is None:
        with pytest.raises(EncodeError, match="4: expected a text"):
            codec.encode(values | {"4": {"1": "x"}})
    else:
        assert codec.encode(values | {"4": four}) == body


def test_a_part_beside_decides_what_is_in_a_part() -> None:
    codec = Codec(CONDITIONAL, name="one")
    message = codec.decode(codec.encode({"mti": "0100", "5": "Axy"}))
    assert (message["5.2.1"], message["5.2.2"]) == ("x", "y")
    body = codec.encode({"mti": "0100", "5": {"1": "A", "2": {"1": "x", "2": "y"}}})
    assert body == codec.encode(message)
    assert "5.2.1" not in codec.decode(codec.encode({"mti": "0100", "5": "Bxy"}))
    with pytest.raises(EncodeError):
        codec.encode({"mti": "0100", "5": {"1": "B", "2": {"1": "x", "2": "y"}}})


def test_a_template_with_layouts_of_its_own_has_its_own_tags() -> None:
    codec = codec_of(
        """encoding = "binary"
prefix = "binary:1"
max = 255
[[fields.2.layouts]]
kind = "tlv"
[fields.2.layouts.tags]
9A = { name = "Date" }
71 = { name = "Script" }
[fields.2.layouts.tags.70]
name = "Own"
[[fields.2.layouts.tags.70.layouts]]
kind = "tlv"
tags.9A = { name = "b", encoding = "ascii" }
"""
    )
    content = bytes.fromhex("0f" + "9a0141" + "71039a0141" + "70059a0141" + "8100")
    assert_read(
        codec,
        content,
        {"9A": "41", "71": "9a0141", "71.9A": "41", "70": "9a01418100", "70.9A": "A", "70.81": ""},
    )
    # what the specification says of it must hold, whereas any other template may hold anything
    codec.decode(FIRST + bytes.fromhex("037101ff"))
    with pytest.raises(DecodeError) as refused:
        codec.decode(FIRST + bytes.fromhex("037001ff"))
    assert refused.value.path == "2.70"

"""Tags and lengths of fixed sizes: every coding of either, in both orders."""

from __future__ import annotations

import json

import pytest

from cbs.codec import Codec
from cbs.errors import DecodeError, EncodeError

HEAD = '[message]\ntype_indicator = "ascii"\nbitmap = "hex-ascii"\n'
FIRST = b"01004000000000000000"
TAGS = {
    "ascii:2": ("12", b"12"),
    "ebcdic:3": ("A12", b"\xc1\xf1\xf2"),
    "bcd:4": ("0158", b"\x01\x58"),
    "binary:1": ("9F", b"\x9f"),
}
LENGTHS = {
    "ascii:2": lambda count: b"%02d" % count,
    "ebcdic:3": lambda count: f"{count:03}".encode("cp037"),
    "bcd:3": lambda count: bytes.fromhex(f"{count:04}"),
    "binary:2": lambda count: count.to_bytes(2, "big"),
    "hex-ascii:1": lambda count: b"%02X" % count,
}


@pytest.mark.parametrize("counts_tag", [False, True])
@pytest.mark.parametrize("order", ["tag-length", "length-tag"])
@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("tag", TAGS)
def test_tags_and_lengths_of_any_coding_stand_in_either_order(
    tag: str, length: str, order: str, counts_tag: bool
) -> None:
    key, octets = TAGS[tag]
    codec = Codec(
        f'{HEAD}[fields.2]\nname = "a"\nencoding = "latin1"\nprefix = "ascii:3"\nmax = 99\n'
        f'[[fields.2.layouts]]\nkind = "tagged"\ntag = "{tag}"\nlength = "{length}"\n'
        f'order = "{order}"\nlength_counts_tag = {str(counts_tag).lower()}\n'
        f'tags.{key} = {{ name = "t" }}\n',
        name="tagged",
    )
    content = b""
    for value in (b"AB", b"", b"C"):
        count = LENGTHS[length](len(value) + (len(octets) if counts_tag else 0))
        pair = (octets, count) if order == "tag-length" else (count, octets)
        content += b"".join(pair) + value
    body = codec.encode({"mti": "0100", "2": {key: ["AB", "", "C"]}})
    assert body == FIRST + b"%03d" % len(content) + content
    message = codec.decode(body)
    assert message[f"2.{key}"] == "AB"
    assert codec.encode(message) == body
    assert codec.encode(json.loads(message.to_json())) == body


def test_tags_without_a_length_are_as_long_as_their_definitions_say() -> None:
    codec = Codec(
        f'{HEAD}[fields.2]\nname = "a"\nencoding = "ascii"\nprefix = "ascii:3"\nmax = 99\n'
        '[[fields.2.layouts]]\nkind = "tagged"\ntag = "ascii:2"\n'
        'tags.01 = { name = "t", length = 3 }\ntags.02 = { name = "u", length = 1 }\n',
        name="tagged",
    )
    for order in (("02", "01"), ("01", "02")):
        values = {"01": "ABC", "02": "D"}
        given = {tag: values[tag] for tag in order}
        body = codec.encode({"mti": "0100", "2": given})
        assert body[23:] == b"".join((tag + values[tag]).encode() for tag in order)
        message = codec.decode(body)
        assert list(json.loads(message.to_json())["subfields"]["2"]) == list(order)
        assert codec.encode(json.loads(message.to_json())) == body
    with pytest.raises(DecodeError, match="a tag that is known") as caught:
        codec.decode(FIRST + b"00303X")
    assert (caught.value.path, caught.value.offset) == ("2.03", 23)
    with pytest.raises(EncodeError, match=r"^2\.03: expected a tag that is known"):
        codec.encode({"mti": "0100", "2": {"03": "X"}})

"""Data sets that hold no BER-TLV: bitmaps of two bytes and one, and what nobody knows."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cbs._native import lint_specification
from cbs.codec import Codec
from cbs.errors import DecodeError, EncodeError

HEAD = '[message]\ntype_indicator = "ascii"\nbitmap = "hex-ascii"\n'
FIRST = b"01004000000000000000"
FIELD = '[fields.2]\nname = "a"\nencoding = "binary"\nprefix = "ascii:3"\nmax = 99\n'
LAYOUT = '[[fields.2.layouts]]\nkind = "datasets"\ntlv_max = "70"\n'
PARTS = "".join(
    f'bitmap_parts.{number} = {{ name = "p", length = 1 }}\n' for number in (1, 2, 14, 15, 16, 23)
)
CODEC = Codec(HEAD + FIELD + LAYOUT + PARTS, name="sets")


@pytest.mark.parametrize(
    ("value", "content"),
    [
        # jpos/jPOS jpos/src/test/java/org/jpos/iso/DatasetPackagerTest.java: fields' contents
        ({"71": {"1": "11", "2": "22"}}, "71000460001122"),
        ({"71": {"1": "11", "16": "22"}}, "710005c000401122"),
        ({"71": {"14": "aa"}}, "7100030002aa"),
        ({"71": {"15": "aa"}}, "710004800100aa"),
        ({"80": {"23": "aa"}}, "8000058000_8040aa".replace("_", "")),
        ([{"_dataset": "71", "1": "11"}, {"_dataset": "71", "2": "22"}],
         "710003400011" + "710003200022"),
        ([{"_dataset": "01", "5A": "1234"}, {"_dataset": "71", "1": "11"}],
         "0100045a021234" + "710003400011"),
    ],
    ids=str,
)  # fmt: skip
def test_parts_of_data_sets_are_numbered_without_the_bits_that_announce(
    value: Any, content: str
) -> None:
    octets = bytes.fromhex(content)
    body = FIRST + b"%03d" % len(octets) + octets
    assert CODEC.encode({"mti": "0100", "2": value}) == body
    message = CODEC.decode(body)
    assert CODEC.encode(message) == body
    assert CODEC.encode(json.loads(message.to_json(reveal=True))) == body
    if isinstance(value, dict):
        for key, parts in value.items():
            for number, text in parts.items():
                assert message[f"2.{key}.{number}"] == message[f"2.{number}"] == text


def test_more_bitmaps_than_are_needed_are_kept() -> None:
    body = FIRST + b"007" + bytes.fromhex("710004c00000ab")
    message = CODEC.decode(body)
    assert message["2.71._bitmap"] == "c00000"
    assert CODEC.encode(json.loads(message.to_json(reveal=True))) == body


def test_the_content_of_other_data_sets_is_kept_and_hidden() -> None:
    codec = Codec(HEAD + FIELD + LAYOUT, name="sets")
    body = FIRST + b"007" + bytes.fromhex("7100040102abcd")
    message = codec.decode(body)
    assert message["2.71._content"] == "********"
    assert message.reveal("2.71._content") == "0102abcd"
    assert b"abcd" not in message.to_json()
    assert codec.encode(json.loads(message.to_json(reveal=True))) == body
    written = codec.encode({"mti": "0100", "2": {"_dataset": "71", "_content": "0102abcd"}})
    assert written == body


def test_a_data_set_may_have_parts_of_its_own() -> None:
    own = (
        'sets.66 = { name = "s", parts = { 1 = { name = "p", encoding = "ascii", length = 2 } } }\n'
    )
    codec = Codec(HEAD + FIELD + LAYOUT + own, name="sets")
    body = FIRST + b"007" + bytes.fromhex("660004") + b"\x40\x00AB"
    message = codec.decode(body)
    assert message["2.66.1"] == "AB"
    assert codec.encode({"mti": "0100", "2": {"66": {"1": "AB"}}}) == body


@pytest.mark.parametrize(
    ("content", "path", "offset"),
    [
        ("71000100", "2.71._bitmap", 26),
        ("7100020001", "2.71._bitmap", 27),
        ("7100031000aa", "2.71.3", 26),
        ("7100034000", "2", 23),
        ("71000240ff", "2.71.8", 27),
        ("7100024000", "2.71.1", 28),
        ("710004400011ff", "2.71", 29),
    ],
)
def test_a_fault_in_a_data_set_is_told_with_its_place(content: str, path: str, offset: int) -> None:
    octets = bytes.fromhex(content)
    with pytest.raises(DecodeError) as caught:
        CODEC.decode(FIRST + b"%03d" % len(octets) + octets)
    if path != "2":
        assert (caught.value.path, caught.value.offset) == (path, offset)
    else:
        assert caught.value.path == "2.71"


def test_what_a_data_set_cannot_hold_is_told() -> None:
    for value, problem in (
        ({"71": {"9": "11"}}, "2.71.9: expected a part that is defined"),
        ({"71": {"_bitmap": "6000", "1": "11"}}, "2.71._bitmap: expected the bitmap of the parts"),
    ):
        with pytest.raises(EncodeError, match=problem):
            CODEC.encode({"mti": "0100", "2": value})
    faulty = FIELD + '[[fields.2.layouts]]\nkind = "datasets"\n' + PARTS
    assert [row[1] for row in lint_specification(HEAD + faulty)] == [
        "fields.2.layouts.0.bitmap_parts"
    ]
    faulty = FIELD + LAYOUT.replace("70", "7") + 'bitmap_parts.163 = { name = "p", length = 1 }\n'
    assert {row[1] for row in lint_specification(HEAD + faulty)} == {
        "fields.2.layouts.0.tlv_max",
        "fields.2.layouts.0.bitmap_parts.163",
        "fields.2.layouts.0.bitmap_parts",
    }


def test_what_is_inside_a_sensitive_field_is_hidden_as_the_field_is() -> None:
    field = FIELD + 'sensitivity = "track"\n'
    tagged = 'kind = "tagged"\ntag = "ascii:2"\nlength = "ascii:2"\n'
    open_tag = 'tags.T2 = { name = "u", sensitivity = "none" }\n'
    layout = f'[[fields.2.layouts]]\n{tagged}tags.T1 = {{ name = "t" }}\n{open_tag}'
    codec = Codec(HEAD + field + layout, name="hidden")
    message = codec.decode(FIRST + b"015T101\x41T201\x42T301\x43")
    shown = [message[f"2.{tag}"] for tag in ("T1", "T2", "T3")]
    assert shown == ["**", "42", "**"]
    assert json.loads(message.to_json())["subfields"]["2"] == {"T1": "**", "T2": "42", "T3": "**"}


@pytest.mark.parametrize(
    ("layout", "given"),
    [
        (
            'kind = "datasets"\ntlv_max = "70"\nbitmap_parts.1 = { name = "p", length = 1, '
            'alternatives = [{ when = { path = "mti", is = "02*" }, length = 2 }] }\n',
            {"0100": {"71": {"1": "11"}}, "0200": {"71": {"1": "1122"}}},
        ),
        (
            'kind = "tagged"\ntag = "binary:1"\nlength = "binary:1"\ntags.01 = { name = "t" }\n'
            'lead = { name = "l", length = 1, '
            'alternatives = [{ when = { path = "mti", is = "02*" }, length = 2 }] }\n',
            {"0100": {"_lead": "11"}, "0200": {"_lead": "1122"}},
        ),
    ],
    ids=["part of a data set", "in front of tags"],
)
def test_what_depends_on_the_message_is_written_as_it_is_read(
    layout: str, given: dict[str, Any]
) -> None:
    codec = Codec(f"{HEAD}{FIELD}[[fields.2.layouts]]\n{layout}", name="sets")
    for mti, value in given.items():
        body = codec.encode({"mti": mti, "2": value})
        message = codec.decode(body)
        assert codec.encode(json.loads(message.to_json(reveal=True))) == body
        assert codec.encode({"mti": mti, "2": message["2"]}) == body

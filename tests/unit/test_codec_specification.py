"""Specification files: loaded by name or path, refused with the path of what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from cbs.codec import Codec, specification_names
from cbs.errors import EncodeError, SpecificationError

HEAD = """
[message]
type_indicator = "bcd"
bitmap = "binary"
"""


def test_packaged_specifications_are_found_by_name() -> None:
    assert "visa_like" in specification_names()
    for name in specification_names():
        assert Codec.load(name).name == name


def test_an_unknown_name_is_told_with_the_known_ones() -> None:
    with pytest.raises(SpecificationError, match=r"no specification .visa.; packaged are: .*visa_"):
        Codec.load("visa")


def test_a_file_of_ones_own_is_loaded_by_its_path(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(HEAD + '[fields.2]\nname = "Number"\nencoding = "bcd"\nlength = 3\n')
    codec = Codec.load(path)
    assert codec.name == "mine"
    assert codec.encode({"mti": "0100", "2": "123"}).hex() == "010040000000000000000123"
    with pytest.raises(SpecificationError, match="cannot be read"):
        Codec.load(tmp_path / "other.toml")


def test_other_prefixes_pads_and_codings_are_data(tmp_path: Path) -> None:
    path = tmp_path / "mixed.toml"
    path.write_text(
        HEAD
        + """
[fields]
2 = { name = "a", encoding = "bcd", prefix = "ascii:2", max = 19, pad_side = "right",
      pad_nibble = 15 }
3 = { name = "b", encoding = "ascii", prefix = "bcd:3", max = 999 }
4 = { name = "c", encoding = "ebcdic", prefix = "ebcdic:2", max = 99 }
5 = { name = "d", encoding = "binary", unit = "nibbles", prefix = "binary:2", max = 9 }
"""
    )
    codec = Codec.load(path)
    values = {"mti": "0100", "2": "123", "3": "text", "4": "TEXT", "5": "abc"}
    octets = codec.encode(values)
    assert octets.hex() == (
        "01007800000000000000" + "3033123f" + "000474657874" + "f0f4e3c5e7e3" + "00030abc"
    )
    message = codec.decode(octets)
    assert {path: message[path] for path in message} | {"mti": "0100"} == values
    assert codec.encode(message) == octets


FIELD = '[fields.2]\nname = "a"\n'


@pytest.mark.parametrize(
    ("text", "path", "problem"),
    [
        ("fields = 1 =", "", "no TOML"),
        ("", "message", "missing"),
        (HEAD, "fields", "missing"),
        (HEAD + "[fields]\n[extra]\n", "extra", "no such key"),
        ('[message]\ntype_indicator = "text"\n', "message.type_indicator", "known: bcd"),
        (HEAD + "bitmaps_max = 4\n[fields]\n", "message.bitmaps_max", "must be 1, 2 or 3"),
        (HEAD + 'ebcdic_page = "38"\n[fields]\n', "message.ebcdic_page", "037, 500, 1047"),
        (HEAD + '[fields.1]\nname = "a"\n', "fields.1", "data elements are 2 to 192"),
        (HEAD + '[fields.65]\nname = "a"\n', "fields.65", "data elements are 2 to 192"),
        (HEAD + '[fields.02]\nname = "a"\n', "fields.02", "data elements are 2 to 192"),
        (
            HEAD + 'bitmaps_max = 1\n[fields.70]\nname = "a"\n',
            "fields.70",
            "data elements are 2 to 64",
        ),
        (HEAD + "[fields]\n2 = 5\n", "fields.2", "must be a table, not integer"),
        (HEAD + "[fields.2]\n", "fields.2.name", "missing"),
        (HEAD + FIELD, "fields.2.encoding", "missing"),
        (HEAD + FIELD + 'encoding = "hex"\n', "fields.2.encoding", "unknown .hex.; known: bcd"),
        (HEAD + FIELD + 'encoding = "bcd"\n', "fields.2.length", "give a length, or a prefix"),
        (HEAD + FIELD + 'encoding = "bcd"\nlength = -1\n', "fields.2.length", "a number from 0"),
        (HEAD + FIELD + 'encoding = "bcd"\nlength = 1\nsize = 1\n', "fields.2.size", "no such"),
        (HEAD + FIELD + 'type = "n"\n', "fields.2.type", "no type"),
        (
            HEAD + FIELD + 'encoding = "ebcdic"\nunit = "digits"\nlength = 1\n',
            "fields.2.unit",
            "text is counted in chars or bytes",
        ),
        (
            HEAD + FIELD + 'encoding = "bcd"\nprefix = "binary:5"\nmax = 1\n',
            "fields.2.prefix",
            "give coding:size",
        ),
        (
            HEAD + FIELD + 'encoding = "bcd"\nprefix = "binary:1"\nmax = 256\n',
            "fields.2.max",
            "the prefix can count 255 digits",
        ),
        (HEAD + FIELD + 'encoding = "bcd"\nprefix = "binary:1"\n', "fields.2.max", "needs it"),
        (
            HEAD + FIELD + 'encoding = "bcd"\nlength = 1\nsensitivity = "high"\n',
            "fields.2.sensitivity",
            "known: none, pan, track, pin, cvv2",
        ),
        (
            HEAD + FIELD + 'encoding = "bcd"\nlength = 4\n[[fields.2.layouts]]\nkind = "x"\n',
            "fields.2.layouts.0.kind",
            "unknown; known: positional",
        ),
        (
            HEAD
            + FIELD
            + 'encoding = "bcd"\nlength = 4\n[[fields.2.layouts]]\nkind = "positional"\n'
            + 'parts = [{ name = "a", length = 3 }]\n',
            "fields.2.layouts.0.parts",
            "parts fill 3 half-bytes",
        ),
        (
            HEAD
            + FIELD
            + 'encoding = "binary"\nprefix = "binary:1"\nmax = 9\n[[fields.2.layouts]]\n'
            + 'kind = "bitmapped"\nbitmap_bytes = 1\nparts.9 = { name = "a", length = 3 }\n',
            "fields.2.layouts.0.parts.9",
            "bits are 1 to 8",
        ),
        (
            HEAD + '[types]\na = { type = "b" }\nb = { type = "a" }\n' + FIELD + 'type = "a"\n',
            "fields.2.type",
            "in a circle",
        ),
        (
            HEAD
            + FIELD
            + 'encoding = "binary"\nlength = 9\n[[fields.2.layouts]]\nkind = "tlv"\n'
            + 'tags.XY = { name = "a" }\n',
            "fields.2.layouts.0.tags.XY",
            "one to four bytes in hex",
        ),
    ],
    ids=lambda value: str(value)[-50:],
)
def test_what_is_wrong_is_named_with_its_path(text: str, path: str, problem: str) -> None:
    with pytest.raises(SpecificationError, match=problem) as caught:
        Codec(text, name="mine")
    assert str(caught.value).startswith(f"mine: {path}")


def test_the_packaged_dialect_defines_the_elements_of_the_table(visa_codec: Codec) -> None:
    defined = set()
    for number in range(2, 193):
        with pytest.raises(EncodeError) as caught:
            visa_codec.encode({"mti": "0100", str(number): "\u20ac"})
        if "this dialect" not in str(caught.value):
            defined.add(number)
    assert defined == (set(range(2, 150)) | {152}) - {65, 129, 141}

"""moov's JSON and YAML, both generations: encodings, prefixes, composites, traps, refusals."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
import yaml
from tests.unit.importing import loaded, message, moov, public

from cbs.errors import SpecificationImportError
from cbs.importers import Choices, import_specification


def given(enc: str, prefix: str, length: int = 6, kind: str = "String", **more: Any) -> Any:
    return {"type": kind, "length": length, "enc": enc, "prefix": prefix, **more}


LEFT_0 = {"type": "Left", "pad": "0"}
BY_INT = {"sort": "StringsByInt"}
BY_HEX = {"enc": "BerTLVTag", "sort": "StringsByHex"}
WIRE: list[tuple[dict[str, Any], bytes, str]] = [
    (given("ASCII", "ASCII.Fixed", 3), b"abc", "abc"),
    (given("ASCII", "None.Fixed", 3), b"abc", "abc"),
    (given("ASCII", "ASCII.LL"), b"03abc", "abc"),
    (given("ASCII", "BCD.LLL"), b"\x00\x03abc", "abc"),
    (given("ASCII", "Binary.LLL"), b"\x00\x00\x03abc", "abc"),
    (given("ASCII", "Hex.LL"), b"0003abc", "abc"),
    (given("ASCII", "EBCDIC.LL"), b"\xf0\xf3abc", "abc"),
    (given("BCD", "BCD.LL"), b"\x03\x01\x23", "123"),
    (given("LBCD", "ASCII.LL"), b"03\x12\x30", "123"),
    (given("EBCDIC1047", "Binary.L"), b"\x02\xad\xbd", "[]"),
    (given("EBCDIC", "ASCII.Fixed", 2, "Numeric"), b"\xf0\xf7", "07"),
    (given("Binary", "Binary.L"), b"\x02\xff!", "\xff!"),
    (given("Binary", "Binary.L", kind="Hex"), b"\x02\x9f\x01", "9f01"),
    (given("Binary", "Binary.Fixed", 2, "Binary"), b"\x9f\x01", "9f01"),
    (given("HexToASCII", "ASCII.LL"), b"029F01", "9f01"),
    (given("HexToASCII", "Hex.Fixed", 2), b"9F01", "9f01"),
    (given("ASCII", "ASCII.Fixed", 3, "Numeric", padding=LEFT_0), b"007", "007"),
]


@pytest.mark.parametrize(("definition", "wire", "text"), WIRE)
def test_a_field_reads_what_it_writes(definition: Any, wire: bytes, text: str) -> None:
    codec = loaded("moov", moov({"48": definition}))
    decoded = codec.decode(message(48, wire))
    assert decoded["48"] == text
    assert codec.encode({"mti": "0100", "48": text}) == message(48, wire)


def test_padding_fills_and_without_it_a_short_value_is_an_error() -> None:
    padded = {**given("ASCII", "ASCII.Fixed", 4), "padding": LEFT_0}
    codec = loaded("moov", moov({"48": padded, "49": given("ASCII", "ASCII.Fixed", 4)}))
    assert codec.encode({"mti": "0100", "48": "7"}).endswith(b"0007")
    with pytest.raises(Exception, match="49"):
        codec.encode({"mti": "0100", "49": "7"})


OLD = {
    "name": "older words",
    "fields": {
        "Field000": given("asciiEncoder", "ASCII.fixed", 4),
        "Field001": given("hexEncoder", "Hex.fixed", 16, "Bitmap"),
        **{
            f"Field{number:03}": given("asciiEncoder", "ASCII.fixed", length, "Numeric",
                                       padding={"type": "leftPadder", "pad": 48})
            for number, length in {7: 10, 11: 6, 12: 6, 13: 4, 15: 4, 70: 3}.items()
        },
    },
}  # fmt: skip
NEW = {
    "name": "newer words",
    "fields": {
        "0": given("ASCII", "ASCII.Fixed", 4),
        "1": given("HexToASCII", "Hex.Fixed", 16, "Bitmap"),
        **{
            str(number): given("ASCII", "ASCII.Fixed", length, "Numeric", padding=LEFT_0)
            for number, length in {7: 10, 11: 6, 12: 6, 13: 4, 15: 4, 70: 3}.items()
        },
    },
}


@pytest.mark.parametrize(
    "content",
    [
        orjson.dumps(OLD),
        orjson.dumps(NEW),
        yaml.safe_dump(OLD).encode(),
        yaml.safe_dump(NEW).encode(),
    ],
    ids=["old json", "new json", "old yaml", "new yaml"],
)
def test_the_public_0800_decodes_with_either_generation(content: bytes) -> None:
    document = public("network_management_message.dat")
    octets = bytes.fromhex(document["hex"])
    codec = loaded("moov", content)
    decoded = codec.decode(octets)
    expected = {key: it for key, it in document["expect"].items() if key.isdigit()}
    assert {key: decoded[key] for key in expected} == expected
    assert codec.encode(decoded) == octets
    # a bitmap of 16 bytes is 16 bytes, whatever its first bit says
    first_bit_off = octets[:4] + b"0" + octets[5:]
    assert codec.decode(first_bit_off)["70"] == decoded["70"]


def test_parts_come_in_the_order_of_their_numbers() -> None:
    parts = {
        "10": given("ASCII", "ASCII.LL"),
        "2": given("BCD", "BCD.Fixed", 4),
        "1": given("ASCII", "ASCII.Fixed", 2),
    }
    outer = {
        "type": "Composite", "length": 99, "prefix": "ASCII.LL",
        "tag": {"sort": "StringsByInt"}, "subfields": parts,
    }  # fmt: skip
    codec = loaded("moov", moov({"48": outer}))
    octets = message(48, b"09ab\x12\x3403xyz")
    decoded = codec.decode(octets)
    assert [decoded[f"48.{number}"] for number in (1, 2, 3)] == ["ab", "1234", "xyz"]
    assert codec.encode(decoded) == octets


def test_composites_by_bitmap_by_tag_and_by_ber_tlv_may_be_nested() -> None:
    ber = {
        "type": "Composite", "length": 99, "prefix": "ASCII.LL", "tag": BY_HEX,
        "subfields": {
            "9F02": given("Binary", "BerTLV", kind="Hex"),
            "70": {
                "type": "Composite", "prefix": "BerTLV", "tag": BY_HEX,
                "subfields": {"9A": given("Binary", "BerTLV", kind="Hex")},
            },
        },
    }  # fmt: skip
    outer = {
        "type": "Composite", "length": 999, "prefix": "ASCII.LLL",
        "bitmap": given("Binary", "Binary.Fixed", 1, "Bitmap", disableAutoExpand=True),
        "subfields": {
            "1": given("ASCII", "ASCII.Fixed", 1),
            "3": {
                "type": "Composite", "length": 99, "prefix": "ASCII.LL",
                "tag": {"enc": "ASCII", "length": 3, "padding": LEFT_0, "sort": "StringsByInt"},
                "subfields": {"7": given("ASCII", "ASCII.L"), "12": given("ASCII", "ASCII.LL")},
            },
            "8": ber,
        },
    }  # fmt: skip
    codec = loaded("moov", moov({"48": outer}))
    tagged = b"13" + b"0072xy" + b"01202zz"
    chip = b"10" + bytes.fromhex("9f020112 7004 9a02 3456")
    content = b"\xa1" + b"A" + tagged + chip
    octets = message(48, b"%03d" % len(content) + content)
    decoded = codec.decode(octets)
    assert (decoded["48.1"], decoded["48.3.007"], decoded["48.3.012"]) == ("A", "xy", "zz")
    assert decoded["48.8.9F02"] == "12"
    assert codec.encode(decoded) == octets


def test_unknown_tags_are_kept_where_the_file_skips_them() -> None:
    outer = {
        "type": "Composite", "length": 99, "prefix": "ASCII.LL",
        "tag": {"enc": "ASCII", "length": 2, "sort": "StringsByInt", "skipUnknownTLVTags": True,
                "prefUnknownTLV": "ASCII.L"},
        "subfields": {"01": given("ASCII", "ASCII.L")},
    }  # fmt: skip
    codec = loaded("moov", moov({"48": outer}))
    octets = message(48, b"08" + b"991x" + b"011y")
    decoded = codec.decode(octets)
    assert decoded["48.01"] == "y"
    assert codec.encode(decoded) == octets


def test_an_encoding_that_is_read_differently_needs_a_word_on_what_counts() -> None:
    content = moov({"48": given("ASCIIToHex", "Binary.L")})
    with pytest.raises(SpecificationImportError, match=r"fields\.48\.enc: .*say which counts"):
        import_specification("moov", content)
    read = loaded("moov", content, choices=Choices(follow="read"))
    assert read.decode(message(48, b"\x02\x9f\x01"))["48"] == "9f01"
    write = loaded("moov", content, choices=Choices(follow="write"))
    assert write.decode(message(48, b"\x04\x9f\x01"))["48"] == "9f01"


def composite(**more: Any) -> Any:
    base = {"type": "Composite", "length": 9, "prefix": "ASCII.L",
            "subfields": {"1": given("ASCII", "ASCII.L")}}  # fmt: skip
    return {**base, **more}


REFUSED = [
    ({"48": given("ASCII", "ASCII.LLLLL")}, "fields.48.prefix"),
    ({"48": given("Morse", "ASCII.LL")}, "fields.48.enc"),
    ({"48": given("ASCII", "ASCII.LL", kind="Custom")}, "fields.48.type"),
    ({"48": given("ASCII", "ASCII.LL", 0)}, "fields.48.length"),
    ({"48": given("ASCII", "None.Fixed", padding=LEFT_0)}, "fields.48.padding"),
    ({"48": given("BCD", "None.Fixed")}, "fields.48.prefix"),
    ({"48": given("ASCII", "BerTLV")}, "fields.48.prefix"),
    ({"48": given("BerTLVTag", "ASCII.L")}, "fields.48.enc"),
    ({"48": given("ASCII", "ASCII.Fixed", padding={"type": "Left", "pad": "00"})},
     "fields.48.padding.pad"),
    ({"48": given("ASCII", "ASCII.LL", packer="x")}, "fields.48.packer"),
    ({"48": composite()}, "fields.48"),
    ({"48": composite(tag={"length": 2, **BY_INT})}, "fields.48.tag.enc"),
    ({"48": composite(tag={"sort": "Mine"})}, "fields.48.tag.sort"),
    ({"48": composite(tag={"enc": "BerTLVTag"})}, "fields.48.tag.sort"),
    ({"48": composite(tag=BY_INT, padding=LEFT_0)}, "fields.48.padding"),
    ({"48": composite(tag={"enc": "ASCII", "length": 2, **BY_INT})}, "fields.48.subfields.1"),
    ({"48": composite(tag={"enc": "HexToASCII", "length": 1, **BY_INT})}, "fields.48.tag.enc"),
    ({"48": composite(tag={"enc": "ASCII", **BY_INT})}, "fields.48.tag.length"),
    ({"48": composite(tag=BY_HEX)}, "fields.48.subfields.1"),
    ({"48": composite(tag=BY_HEX, subfields={"9A": given("ASCII", "ASCII.L")})},
     "fields.48.subfields.9A.prefix"),
    ({"48": composite(tag=BY_HEX, subfields={"9A": given("BCD", "BerTLV")})},
     "fields.48.subfields.9A.enc"),
    ({"48": composite(tag=BY_HEX, subfields={"9A": given("HexToASCII", "BerTLV")})},
     "fields.48.subfields.9A.enc"),
    ({"48": composite(bitmap=given("Binary", "Binary.Fixed", 1, "Bitmap"))},
     "fields.48.bitmap.disableAutoExpand"),
    ({"48": composite(bitmap=given("Binary", "Binary.Fixed", 1, "Bitmap", disableAutoExpand=True),
                      subfields={"9": given("ASCII", "ASCII.L")})}, "fields.48.subfields.9"),
    ({"48": composite(tag=BY_INT, subfields={"1": given("ASCII", "ASCII.L"),
                                             "01": given("ASCII", "ASCII.L")})},
     "fields.48.tag.sort"),
    ({"1": given("Binary", "None.Fixed", 8, "Bitmap")}, "fields.1.prefix"),
    ({"1": given("EBCDIC", "EBCDIC.Fixed", 8, "Bitmap")}, "fields.1.enc"),
    ({"0": given("ASCIIToHex", "ASCII.Fixed", 4)}, "fields.0.enc"),
    ({"x": given("ASCII", "ASCII.LL")}, "fields.x"),
    ({"1": given("Binary", "Binary.Fixed", 5, "Bitmap")}, "fields.1.length"),
    ({"0": given("ASCII", "ASCII.LL", 4)}, "fields.0"),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "path"), REFUSED)
def test_what_cannot_be_expressed_is_refused_with_its_path(fields: Any, path: str) -> None:
    with pytest.raises(SpecificationImportError) as refused:
        import_specification("moov", moov(fields))
    assert path in [place for place, _ in refused.value.problems], refused.value.problems


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b'{"fields": {"0": 1, "0": 2}}', "comes twice"),
        (b"fields:\n  a: 1\n  a: 2\n", "comes twice"),
        (b"a: &a [*a]\n", "deeper"),
        (b"\xff", "no UTF-8"),
        (b"{", "no JSON"),
        (b"a: [", "neither JSON nor YAML"),
        (b"", "is empty"),
        (b"[1]", "has no fields"),
        (b'{"elements": {"2": {"Describe": "n..19"}}}', "first generation"),
        (b'{"elements": {"2": {"Describe": "n \x96 19"}}}', "first generation"),
        (b'{"fields": {"2": {"Describe": "n \x96 19"}}}', "no UTF-8 at byte"),
        (b'{"elements": \x96', "no UTF-8"),
        (b"[" * 100_000, "too deeply"),
    ],
)
def test_files_that_are_none_are_refused(content: bytes, problem: str) -> None:
    with pytest.raises(SpecificationImportError, match=problem):
        import_specification("moov", content)


def test_yaml_constructs_nothing() -> None:
    content = b'fields: !!python/object/apply:os.system ["echo"]\n'
    with pytest.raises(SpecificationImportError):
        import_specification("moov", content)

"""GenericPackager files: every class as it lies on the wire, packagers inside, refusals."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.importing import composite, field, loaded, message, packager, public

from cbs.codec import Codec
from cbs.errors import EncodeError, SpecificationImportError
from cbs.importers import import_specification
from cbs.importers.jpos_classes import _FIELDS

# What the classes of a packed dialect are, and the elements that have them.
PACKED: list[tuple[str, str | None, dict[int, int]]] = [
    ("IFB_NUMERIC", "true", {
        3: 6, 4: 12, 5: 12, 6: 12, 7: 10, 8: 8, 9: 8, 10: 8, 11: 6, 12: 6, 13: 4, 14: 4, 15: 4,
        16: 4, 17: 4, 18: 4, 19: 3, 20: 3, 21: 3, 22: 3, 23: 3, 24: 3, 25: 2, 26: 2, 27: 1,
        53: 16, 90: 42,
    }),
    ("IFB_LLNUM", "false", {2: 19, 32: 11, 33: 11, 35: 37}),
    ("IFB_AMOUNT", "true", {28: 9, 29: 9, 30: 9, 31: 9}),
    ("IFB_LLCHAR", None, {34: 28, 44: 25, 45: 76}),
    ("IFB_LLLCHAR", None, {36: 104, 46: 999, 47: 999, 48: 999, 54: 120, 56: 999, 57: 999,
                           58: 999, 59: 999, 60: 999, 61: 999, 62: 999, 63: 999}),
    ("IF_CHAR", None, {37: 12, 38: 6, 39: 2, 40: 3, 41: 8, 42: 15, 43: 40, 49: 3, 50: 3, 51: 3}),
    ("IFB_BINARY", None, {52: 8, 64: 8}),
    ("IFB_LLLBINARY", None, {55: 999}),
]  # fmt: skip

EBCDIC_NAME = "TEST".encode("cp500")
WIRE: list[tuple[str, int, dict[str, str], bytes, str]] = [
    ("IFA_NUMERIC", 4, {}, b"0012", "0012"),
    ("IFE_NUMERIC", 4, {}, b"\xf0\xf0\xf1\xf2", "0012"),
    ("IF_CHAR", 4, {}, b"AB  ", "AB  "),
    ("IFE_CHAR", 4, {}, EBCDIC_NAME, "TEST"),
    ("IFB_NUMERIC", 3, {"pad": "true"}, b"\x09\x78", "978"),
    ("IFB_NUMERIC", 3, {"pad": "false"}, b"\x97\x80", "978"),
    ("IFB_FNUMERIC", 3, {}, b"\x97\x8f", "978"),
    ("IFB_HEX", 4, {}, b"\x9a\xbc", "9ABC"),
    ("IFA_AMOUNT", 9, {}, b"D00000100", "D00000100"),
    ("IFE_AMOUNT", 3, {}, b"\xc3\xf0\xf1", "C01"),
    ("IFB_AMOUNT", 9, {"pad": "true"}, b"C\x00\x00\x01\x00", "C00000100"),
    ("IFA_AMOUNT2003", 16, {}, b"9782000000001000", "9782000000001000"),
    ("IFB_AMOUNT2003", 16, {}, bytes.fromhex("9782000000001000"), "9782000000001000"),
    ("IFE_SIGNED_NUMERIC", 3, {}, b"\xf1\xf2\xf3", "123"),
    ("IF_ECHAR", 4, {}, EBCDIC_NAME, "TEST"),
    ("IFEB_LLNUM", 19, {}, bytes.fromhex("f0f2 123f"), "123"),
    ("IFEB_LLNUM", 37, {}, bytes.fromhex("f0f3 12d345"), "12=345"),
    ("IFEB_LLLNUM", 19, {}, bytes.fromhex("f0f0f2 1234"), "1234"),
    ("IF_TCHAR", 9, {"token": "|"}, b"abc|", "abc"),
    ("IF_FSTCHAR", 9, {"token": "|"}, b"abc|", "abc"),
    ("IF_NOP", 0, {}, b"", ""),
    ("IFA_BINARY", 0, {}, b"", ""),
    ("IFB_BINARY", 2, {}, b"\x9f\x01", "9f01"),
    ("IFA_BINARY", 2, {}, b"9F01", "9f01"),
    ("IFE_BINARY", 2, {}, "9F01".encode("cp500"), "9f01"),
    ("IFA_LCHAR", 9, {}, b"3ABC", "ABC"),
    ("IFA_LLCHAR", 20, {}, b"03ABC", "ABC"),
    ("IFA_LLLLLLCHAR", 9999, {}, b"000003ABC", "ABC"),
    ("IFA_LLNUM", 19, {}, b"03123", "123"),
    ("IFA_LLBINARY", 20, {}, b"02\x9f\x01", "9f01"),
    ("IFA_LLABINARY", 20, {}, b"029F01", "9f01"),
    ("IFA_LLBNUM", 19, {"pad": "true"}, b"04\x01\x23", "0123"),
    ("IFA_FLLCHAR", 5, {}, b"03ABC  ", "ABC"),
    ("IFA_FLLNUM", 5, {}, b"03123  ", "123"),
    ("IFB_LLHFBINARY", 3, {}, b"\x02\x9f\x01\x00", "9f01"),
    ("IFB_LLCHAR", 20, {}, b"\x03ABC", "ABC"),
    ("IFB_LLLCHAR", 200, {}, b"\x00\x03ABC", "ABC"),
    ("IFB_LLLLBINARY", 9999, {}, b"\x00\x02\x9f\x01", "9f01"),
    ("IFB_LLNUM", 19, {"pad": "false"}, b"\x03\x12\x30", "123"),
    ("IFB_LLNUM", 37, {}, b"\x05\x12\xd4\x50", "12=45"),
    ("IFB_LLLNUM", 104, {"pad": "true"}, b"\x00\x03\x01\x23", "123"),
    ("IFB_FLLNUM", 19, {}, b"\x03\x12\x3f", "123"),
    ("IFB_LLHCHAR", 255, {}, b"\x03ABC", "ABC"),
    ("IFB_LLHECHAR", 255, {}, b"\x04" + EBCDIC_NAME, "TEST"),
    ("IFB_LLHBINARY", 255, {}, b"\x02\x9f\x01", "9f01"),
    ("IFB_LLHNUM", 19, {"pad": "true"}, b"\x03\x01\x23", "123"),
    ("IFB_LLLHCHAR", 999, {}, b"\x00\x03ABC", "ABC"),
    ("IFB_LLHEX", 20, {}, b"\x04\x9f\x01", "9f01"),
    ("IFB_LLLHEX", 20, {}, b"\x00\x04\x9f\x01", "9f01"),
    ("IFE_LLCHAR", 20, {}, b"\xf0\xf4" + EBCDIC_NAME, "TEST"),
    ("IFE_LLLNUM", 20, {}, b"\xf0\xf0\xf1\xf7", "7"),
    ("IFE_LLLBINARY", 20, {}, b"\xf0\xf0\xf1\x9f", "9f"),
    ("IFE_LLLEBINARY", 20, {}, b"\xf0\xf0\xf4" + EBCDIC_NAME, "TEST"),
    ("IFEA_LLCHAR", 20, {}, b"\xf0\xf3ABC", "ABC"),
    ("IFAE_LLCHAR", 20, {}, b"04" + EBCDIC_NAME, "TEST"),
]  # fmt: skip


def read_one(codec: Codec, content: bytes, number: int = 48) -> Any:
    """The decoded message, after the same bytes came out of it again."""
    octets = message(number, content)
    decoded = codec.decode(octets)
    assert codec.encode(decoded) == octets
    return decoded


@pytest.mark.parametrize(("class_name", "length", "more", "wire", "text"), WIRE)
def test_a_class_reads_what_it_writes(
    class_name: str, length: int, more: dict[str, str], wire: bytes, text: str
) -> None:
    codec = loaded("jpos", packager(field(48, class_name, length, **more)))
    assert read_one(codec, wire)["48"] == text
    # the same out of the text alone, where no filler or pad could be another
    assert codec.encode({"mti": "0100", "48": text}) == message(48, wire)


def test_every_class_of_the_table_gives_a_field_that_loads() -> None:
    for class_name, found in _FIELDS.items():
        length = 9 if found.prefix else 8
        token = {"token": "7c" if class_name.endswith("BINARY") else "|"}
        more = token if found.terminator is not None else {}
        loaded("jpos", packager(field(48, class_name, length, **more)))


def test_the_public_packed_message_decodes_with_the_classes_of_its_dialect() -> None:
    fields = [
        field(number, class_name, length, **({"pad": pad} if pad else {}))
        for class_name, pad, elements in PACKED
        for number, length in elements.items()
    ]
    codec = loaded("jpos", packager(*fields, type_class="IFB_NUMERIC"))
    document = public("ISO87BPackager")
    octets = bytes.fromhex(document["hex"])
    decoded = codec.decode(octets)
    expected = {key: it for key, it in document["expect"].items() if key.isdigit()}
    # the separator of track 2 is D in packed digits, and = in every other place
    expected["35"] = expected["35"].upper().replace("D", "=")
    assert {key: decoded.reveal(key) for key in expected} == expected
    assert codec.encode(decoded) == octets


def test_card_data_is_masked_whatever_the_file_says() -> None:
    codec = loaded("jpos", packager(field(2, "IFA_LLNUM", 19), field(35, "IFA_LLCHAR", 37)))
    assert read_one(codec, b"16" + b"4567890123456783", 2)["2"] == "456789******6783"
    assert set(read_one(codec, b"05" + b"45=99", 35)["35"]) == {"*"}


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("CVV2 Request Data", "****************"),
        ("New PIN Block", "****************"),
        ("Track II data", "****************"),
        ("ACCOUNT NUMBER", "456789******6783"),
        ("CVV2 Presence Indicator", "4567890123456783"),
        ("Primary account number, country code", "4567890123456783"),
    ],
)
def test_card_data_is_masked_where_its_name_says_so(name: str, shown: str) -> None:
    named = field(1, "IFA_LLCHAR", 20).replace("Field 1", name)
    inside = composite(48, "IFA_LLLCHAR", 99, "CTCSubFieldPackager", named)
    assert read_one(loaded("jpos", packager(inside)), b"018164567890123456783")["48.1"] == shown


def test_stray_blanks_and_short_class_names_are_taken() -> None:
    given = packager(field(48, "IFA_NUMERIC ", 4)).replace(b"org.jpos.iso.", b" ")
    assert read_one(loaded("jpos", given), b"0012")["48"] == "0012"


def test_headers_and_third_bitmaps_are_those_of_the_file() -> None:
    third = packager(
        field(65, "IFB_BITMAP", 8), field(130, "IF_CHAR", 2), headerLength=3, thirdBitmapField=65
    )
    octets = b"HDR0100" + bytes.fromhex("8000000000000000 8000000000000000 4000000000000000")
    codec = loaded("jpos", third)
    decoded = codec.decode(octets + b"AB")
    assert (decoded["_header"], decoded["130"]) == (b"HDR".hex(), "AB")
    assert codec.encode(decoded) == octets + b"AB"


def test_a_third_bitmap_may_lie_in_any_element() -> None:
    fields = [field(65, "IF_CHAR", 1), field(70, "IFA_NUMERIC", 3), field(127, "IFB_BITMAP", 8)]
    codec = loaded("jpos", packager(*fields, field(138, "IFA_LLLCHAR", 9), thirdBitmapField=127))
    head = "8000000000000000 8400000000000002"
    octets = b"0800" + bytes.fromhex(head) + b"X301" + bytes.fromhex("0040000000000000") + b"0011"
    decoded = codec.decode(octets)
    assert (decoded["65"], decoded["70"], decoded["138"]) == ("X", "301", "1")
    assert codec.encode({"mti": "0800", "65": "X", "70": "301", "138": "1"}) == octets


def test_the_first_bit_of_a_third_bitmap_in_front_is_an_element() -> None:
    fields = [field(65, "IFB_BINARY", 8), field(129, "IFA_LLCHAR", 9), field(130, "IF_CHAR", 1)]
    given = packager(*fields, bitmap=field(1, "IFB_BITMAP", 24))
    codec = loaded("jpos", given)
    # the bytes that jPOS 2.1.9 packs
    octets = b"0100" + bytes.fromhex("8000000000000000 8000000000000000 C000000000000000")
    decoded = codec.decode(octets + b"03abcX")
    assert (decoded["129"], decoded["130"]) == ("abc", "X")
    assert codec.encode({"mti": "0100", "129": "abc", "130": "X"}) == octets + b"03abcX"
    assert "Left out, the bit of the third bitmap" in import_specification("jpos", given)


def test_one_short_bitmap_says_nothing_by_its_first_bit() -> None:
    codec = loaded("jpos", packager(field(3, "IF_CHAR", 2), bitmap=field(1, "IFA_BITMAP", 8)))
    assert codec.decode(b"0100A000000000000000AB")["3"] == "AB"


def test_of_the_same_id_the_last_counts_and_unused_fields_are_none() -> None:
    text = import_specification(
        "jpos",
        packager(field(48, "IF_CHAR", 2), field(48, "IF_CHAR", 3), field(49, "IF_UNUSED", 3)),
    )
    assert "length = 3" in text and "length = 2" not in text and "\n49 =" not in text
    told = "Of two fields with the same id the last counts, not isofield[id=48, line 1]."
    assert told in text.replace("\n#", "")


def test_amounts_are_filled_behind_their_sign() -> None:
    # the bytes are those that jPOS 2.1.9 packs out of the same texts
    amounts = [("IFA_AMOUNT", b"D00000100"), ("IFB_AMOUNT", b"D\x00\x00\x01\x00")]
    for class_name, wire in amounts:
        codec = loaded("jpos", packager(field(48, class_name, 9)))
        assert codec.encode({"mti": "0100", "48": "D100"}) == message(48, wire)


def test_a_trimmed_value_is_not_filled() -> None:
    codec = loaded("jpos", packager(field(48, "IF_CHAR", 9, trim="true")))
    with pytest.raises(EncodeError, match="48: expected 9 characters"):
        codec.encode({"mti": "0100", "48": "abc"})


def test_a_zoned_sign_is_read() -> None:
    codec = loaded("jpos", packager(field(48, "IFE_SIGNED_NUMERIC", 3)))
    assert read_one(codec, b"\xf1\xf2\xd3")["48"] == "-123"


def test_a_length_of_zero_leaves_the_limit_to_the_prefix() -> None:
    codec = loaded("jpos", packager(field(48, "IFA_LLCHAR", 0)))
    assert read_one(codec, b"99" + 99 * b"x")["48"] == 99 * "x"


def test_lengths_beyond_the_longest_message_are_cut_and_told() -> None:
    given = packager(field(48, "IFA_LLLLLLBINARY", 999_999))
    text = import_specification("jpos", given).replace("\n#", "")
    assert "Cut to 65535 bytes, the longest message: the length of isofield[id=48" in text
    assert read_one(loaded("jpos", given), b"000002\x9f\x01")["48"] == "9f01"


def test_validators_are_left_out_and_told() -> None:
    validator = '<isofieldvalidator class="org.jpos.iso.IVA_NUM" maxlen="3"/>'
    inside = field(3, "IFA_NUMERIC", 6).replace("/>", f">{validator}</isofield>")
    given = packager(inside)
    assert "what validators ask" in import_specification("jpos", given)
    assert read_one(loaded("jpos", given), b"000012", 3)["3"] == "000012"


REFUSED = [
    (packager(field(48, "IFA_LLHBINARY", 9)), "id=48, line 1].class", "no class of this name"),
    (packager(field(48, "IF_TCHAR", 9)), "id=48, line 1].token", "one character"),
    (packager(field(48, "IF_TCHAR", 9, token="ab")), "id=48, line 1].token", "one character"),
    (packager(field(48, "IF_FSTBINARY", 9, token="x")), "].token", "two hex digits"),
    (packager(field(48, "IFB_LLCHAR", 255)), "id=48, line 1].length", "at most 99"),
    (packager(field(48, "IFA_FLLCHAR", 0)), "id=48, line 1].length", "holds nothing"),
    (packager(field(48, "IF_CHAR", 9, pad="yes")), "id=48, line 1].pad", "true or false"),
    (packager(field(48, "IF_CHAR", 9, params="x")), "id=48, line 1].params", "expressed"),
    (packager(field(48, "IF_CHAR", 70_000)), "id=48, line 1].length", "at most 65535"),
    (packager(field(48, "IF_CHAR", 9), emitBitmap="false"), "isopackager.emitBitmap", "bitmap"),
    (packager(field(48, "IFB_BITMAP", 8)), "id=48, line 1]", "thirdBitmapField"),
    (packager(bitmap=field(1, "IF_CHAR", 16)), "isofield[id=1, line 1]", "bitmap class"),
    (packager(composite(48, "IF_CHAR", 9, "MyPackager")), "id=48, line 1].packager", "MyPackager"),
    (packager(field(48, "IF_CHAR", 9).replace("/>", "><isofield/></isofield>")),
     "id=48, line 1].isofield[line 1]", "isofieldpackager has"),
    (packager(field(48, "IFA_LLCHAR", 200)), "].length", "the source does not load this file"),
    (packager(firstField=1), "isopackager.firstField", "first data element is 2"),
    (
        packager(composite(48, "IFB_BINARY", 9, "GenericSubFieldPackager",
                           field(1, "IF_CHAR", 2), emitBitmap="false")),
        "fields.48.layouts.0.parts", "parts fill 4 half-bytes",
    ),
    (b"<isopackager><other id='1'/></isopackager>", "other[id=1, line 1]", "only isofield"),
    (b"<other/>", "", "no isopackager"),
    (b"<isopackager>", "line 1", "no XML"),
]  # fmt: skip


@pytest.mark.parametrize(("content", "path", "problem"), REFUSED)
def test_what_cannot_be_expressed_is_refused_with_its_path(
    content: bytes, path: str, problem: str
) -> None:
    with pytest.raises(SpecificationImportError) as refused:
        import_specification("jpos", content)
    assert any(path in place and problem in text for place, text in refused.value.problems), (
        refused.value.problems
    )


def test_all_refused_places_are_told_at_once() -> None:
    with pytest.raises(SpecificationImportError, match="2 places cannot be imported") as refused:
        import_specification("jpos", packager(field(3, "IF_NO", 1), field(4, "IF_THAR", 1)))
    assert [path for path, _ in refused.value.problems] == [
        "isofield[id=3, line 1].class",
        "isofield[id=4, line 1].class",
    ]


@pytest.mark.parametrize(
    "declaration",
    [
        '<!ENTITY a "x">',
        '<!ENTITY a SYSTEM "file:///etc/hostname">',
        '<!ENTITY % a SYSTEM "file:///etc/hostname"> %a;',
    ],
)
def test_entities_are_refused_and_nothing_is_fetched(declaration: str) -> None:
    content = f"<!DOCTYPE isopackager [{declaration}]><isopackager>&a;</isopackager>"
    with pytest.raises(SpecificationImportError, match="entities are refused"):
        import_specification("jpos", content.encode())


def test_an_entity_of_a_foreign_document_type_is_refused() -> None:
    content = '<!DOCTYPE isopackager SYSTEM "http://example/x.dtd"><isopackager>&a;</isopackager>'
    with pytest.raises(SpecificationImportError, match="entities are refused"):
        import_specification("jpos", content.encode())

"""GenericPackager files: every class as it lies on the wire, packagers inside, refusals."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.importing import composite, field, loaded, message, packager, public

from cbs.codec import Codec
from cbs.errors import SpecificationImportError
from cbs.importers import Choices, import_specification
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
    ("IFB_AMOUNT2003", 4, {}, b"\x97\x82", "9782"),
    ("IFE_SIGNED_NUMERIC", 3, {}, b"\xf1\xf2\xd3", "-123"),
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
        loaded("jpos", packager(field(48, class_name, length)))


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


def test_stray_blanks_and_short_class_names_are_taken() -> None:
    given = packager(field(48, "IFA_NUMERIC ", 4)).replace(b"org.jpos.iso.", b" ")
    assert read_one(loaded("jpos", given), b"0012")["48"] == "0012"


def test_parts_come_one_after_the_other() -> None:
    inside = composite(
        48, "IFA_LLLCHAR", 99, "GenericSubFieldPackager",
        field(0, "IF_CHAR", 2), field(1, "IFB_NUMERIC", 4), field(2, "IFA_LLCHAR", 20),
        emitBitmap="false", firstField="0",
    )  # fmt: skip
    decoded = read_one(loaded("jpos", packager(inside)), b"009AB\x12\x3403xyz")
    assert (decoded["48.1"], decoded["48.2"], decoded["48.3"]) == ("AB", "1234", "xyz")


def test_a_bitmap_inside_says_which_parts_there_are() -> None:
    inside = composite(
        48, "IFA_LLLCHAR", 99, "GenericSubFieldPackager",
        field(0, "IFA_BITMAP", 8), field(1, "IF_CHAR", 2), field(64, "IFA_LLCHAR", 20),
        emitBitmap="true", bitmapField="0", firstField="1",
    )  # fmt: skip
    decoded = read_one(loaded("jpos", packager(inside)), b"0210000000000000001" + b"03xyz")
    assert decoded["48.64"] == "xyz"


def test_a_bitmap_of_sixteen_bytes_inside_grows_by_its_first_bit() -> None:
    inside = composite(
        48, "IFB_LLHBINARY", 99, "GenericSubFieldPackager",
        field(0, "IFB_BITMAP", 16), field(2, "IF_CHAR", 1), field(128, "IF_CHAR", 1),
        bitmapField="0", firstField="1",
    )  # fmt: skip
    codec = loaded("jpos", packager(inside))
    assert read_one(codec, bytes.fromhex("09 4000000000000000") + b"A")["48.2"] == "A"
    bits = "12 c000000000000000 0000000000000001"
    decoded = read_one(codec, bytes.fromhex(bits) + b"AB")
    assert (decoded["48.2"], decoded["48.128"]) == ("A", "B")


def test_where_bit_one_is_a_field_and_announces_too_a_person_must_say_what_counts() -> None:
    inside = composite(
        48, "IFB_LLHBINARY", 99, "GenericSubFieldPackager",
        field(0, "IFB_BITMAP", 16), field(1, "IF_CHAR", 1), bitmapField="0",
    )  # fmt: skip
    with pytest.raises(SpecificationImportError, match=r"id=48.*id=0.*say which counts"):
        import_specification("jpos", packager(inside))
    codec = loaded("jpos", packager(inside), choices=Choices(follow="write"))
    assert read_one(codec, bytes.fromhex("09 8000000000000000") + b"A")["48.1"] == "A"


def test_a_base1_packager_has_a_bitmap_if_its_field_0_is_one() -> None:
    inside = composite(
        126, "IFB_LLHBINARY", 255, "Base1SubFieldPackager",
        field(0, "Base1_BITMAP126", 16), field(10, "IFE_CHAR", 6),
    )  # fmt: skip
    octets = bytes.fromhex("0e 0040000000000000") + "123456".encode("cp500")
    assert read_one(loaded("jpos", packager(inside)), octets, 126)["126.10"] == "123456"


def test_tags_of_two_digits_may_have_a_letter_in_front() -> None:
    inside = composite(
        48, "IFA_LLLCHAR", 99, "EuroSubFieldPackager",
        field(0, "IFMC_TCC", 1), field(37, "IFMC_LLCHAR", 20), field(92, "IFMC_LLLCHAR", 20),
    )  # fmt: skip
    codec = loaded("jpos", packager(inside))
    decoded = read_one(codec, b"017R3703xyz92004abcd")
    assert (decoded["48._lead"], decoded["48.37"], decoded["48.92"]) == ("R", "xyz", "abcd")
    assert read_one(codec, b"0073703xyz")["48.37"] == "xyz"


def test_tags_in_ebcdic_are_those_of_the_other_large_network() -> None:
    inside = composite(
        48, "IFE_LLLBINARY", 99, "MasterCardEBCDICSubFieldPackager",
        field(0, "IFEMC_TCC", 1), field(37, "IFEMC_LLCHAR", 20),
    )  # fmt: skip
    octets = "008R3703xyz".encode("cp500")
    decoded = read_one(loaded("jpos", packager(inside)), octets)
    assert (decoded["48._lead"], decoded["48.37"]) == ("R", "xyz")


def test_lengths_in_front_of_tags_count_the_tag() -> None:
    inside = composite(
        60, "IFE_LLLBINARY", 99, "GICCSubFieldPackager",
        field(2, "IFELPE_LLLCHAR", 20), field(40, "IFELPE_LLLCHAR", 20),
    )  # fmt: skip
    octets = "012" + "00502abc" + "00340" + "x"
    octets = f"{len(octets) - 3:03}" + octets[3:]
    decoded = read_one(loaded("jpos", packager(inside)), octets.encode("cp500"), 60)
    assert (decoded["60.02"], decoded["60.40"]) == ("abc", "x")


def test_tags_of_given_sizes_come_in_the_order_that_the_file_gives() -> None:
    def given(swap: str) -> bytes:
        return packager(
            composite(
                48, "IFA_LLLCHAR", 99, "GenericTaggedFieldsPackager",
                field(7, "IFA_TTLLCHAR", 20), tagSize=2, lenSize=2, swapTagAndLen=swap,
                tagMapper="org.jpos.iso.packager.TTDecimalTagMapper",
            )
        )  # fmt: skip

    assert read_one(loaded("jpos", given("false")), b"0070703xyz")["48.07"] == "xyz"
    assert read_one(loaded("jpos", given("true")), b"0070307xyz")["48.07"] == "xyz"


def test_chip_data_is_tags_in_a_data_set_or_without_one_or_in_hex_text() -> None:
    chip = bytes.fromhex("9f0206000000001000")
    datasets = packager(composite(48, "IFB_LLHBINARY", 255, "DatasetPackager"))
    decoded = read_one(loaded("jpos", datasets), b"\x0c\x01\x00\x09" + chip)
    assert (decoded["48._dataset"], decoded["48.9F02"]) == ("01", "000000001000")
    for name in ("ICCDataPackager", "BERTLVBinaryPackager"):
        plain = packager(composite(48, "IFB_LLHBINARY", 255, name))
        assert read_one(loaded("jpos", plain), b"\x09" + chip)["48.9F02"] == "000000001000"
    text = packager(composite(48, "IFA_LLLCHAR", 255, "BERTLVAsciiHexPackager"))
    content = b"018" + chip.hex().upper().encode()
    assert read_one(loaded("jpos", text), content)["48.9F02"] == "000000001000"


def test_text_inside_an_ebcdic_field_is_ebcdic() -> None:
    inside = composite(
        48, "IFE_LLLCHAR", 99, "GenericSubFieldPackager",
        field(1, "IF_CHAR", 2), field(2, "IFA_LLCHAR", 20), emitBitmap="false",
    )  # fmt: skip
    decoded = read_one(loaded("jpos", packager(inside)), "007AB03xyz".encode("cp500"))
    assert (decoded["48.1"], decoded["48.2"]) == ("AB", "xyz")


def test_headers_and_third_bitmaps_are_those_of_the_file() -> None:
    third = packager(
        field(65, "IFB_BITMAP", 8), field(130, "IF_CHAR", 2), headerLength=3, thirdBitmapField=65
    )
    octets = b"HDR0100" + bytes.fromhex("8000000000000000 8000000000000000 4000000000000000")
    codec = loaded("jpos", third)
    decoded = codec.decode(octets + b"AB")
    assert (decoded["_header"], decoded["130"]) == (b"HDR".hex(), "AB")
    assert codec.encode(decoded) == octets + b"AB"


def test_one_short_bitmap_says_nothing_by_its_first_bit() -> None:
    codec = loaded("jpos", packager(field(3, "IF_CHAR", 2), bitmap=field(1, "IFA_BITMAP", 8)))
    assert codec.decode(b"0100A000000000000000AB")["3"] == "AB"


def test_of_the_same_id_the_last_counts_and_unused_fields_are_none() -> None:
    text = import_specification(
        "jpos",
        packager(field(48, "IF_CHAR", 2), field(48, "IF_CHAR", 3), field(49, "IF_UNUSED", 3)),
    )
    assert "length = 3" in text and "length = 2" not in text and "\n49 =" not in text


REFUSED = [
    (packager(field(48, "IFA_LLHBINARY", 9)), "id=48, line 1].class", "not known"),
    (packager(field(48, "IFEB_LLNUM", 9)), "id=48, line 1].class", "nibble F"),
    (packager(field(48, "IFB_LLCHAR", 255)), "id=48, line 1].length", "at most 99"),
    (packager(field(48, "IF_CHAR", 0)), "id=48, line 1].length", "holds nothing"),
    (packager(field(48, "IF_CHAR", 9, pad="yes")), "id=48, line 1].pad", "true or false"),
    (packager(field(48, "IF_CHAR", 9, token="x")), "id=48, line 1].token", "expressed"),
    (packager(field(48, "IF_CHAR", 9), emitBitmap="false"), "isopackager.emitBitmap", "bitmap"),
    (packager(field(48, "IFB_BITMAP", 8)), "id=48, line 1]", "thirdBitmapField"),
    (packager(bitmap=field(1, "IF_CHAR", 16)), "isofield[id=1, line 1]", "bitmap class"),
    (packager(composite(48, "IF_CHAR", 9, "MyPackager")), "id=48, line 1].packager", "MyPackager"),
    (
        packager(composite(48, "IFB_BINARY", 9, "GenericSubFieldPackager",
                           field(1, "IF_CHAR", 2), emitBitmap="false")),
        "fields.48.layouts.0.parts", "parts fill 4 half-bytes",
    ),
    (
        packager(composite(43, "IFB_BINARY", 9, "DatasetPackager", field(2, "IF_CHAR", 2))),
        "isofield[id=2, line 1]", "inside data sets",
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
        import_specification("jpos", packager(field(3, "IF_NOP", 1), field(4, "IF_TCHAR", 1)))
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

"""Packagers inside packagers, each with the bytes that the source itself packs.

The bytes were made once by jPOS 2.1.9, out of the very file that the test imports and the values
that it reads; none of its code is here.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest
from tests.unit.importing import composite, field, loaded, message, packager

from cbs.codec import Codec
from cbs.errors import DecodeError, SpecificationImportError
from cbs.importers import Choices, import_specification


class Packed(NamedTuple):
    """One message of one element: the file, what is read, and the element's bytes."""

    xml: str
    values: dict[str, Any]
    wire: bytes
    number: int = 48


def of_sequences(xml: str) -> str:
    """The same with the classes of tag sequences, and of BER-TLV, in the packages they are in."""
    for name, package in (
        ("IFTA_", "org.jpos.tlv.packager."),
        ("packager.Tagged", "org.jpos.tlv."),
        ("packager.BERTLV", "org.jpos.tlv.packager.bertlv."),
    ):
        inside = "BERTLV" if "BER" in name else name
        xml = xml.replace(f"org.jpos.iso.{name}", f"{package}{inside}")
    return xml


GENERIC = "GenericSubFieldPackager"
DECIMAL = {"tagSize": 2, "lenSize": 2, "tagMapper": "org.jpos.iso.packager.TTDecimalTagMapper"}
PACKED = {
    "one part after the other": Packed(
        composite(48, "IFA_LLLCHAR", 99, GENERIC,
                  field(0, "IF_CHAR", 2), field(1, "IFB_NUMERIC", 4), field(2, "IFA_LLCHAR", 20),
                  emitBitmap="false", firstField="0"),
        {"1": "AB", "2": "1234", "3": "xyz"}, b"009AB\x12\x3403xyz",
    ),
    "a trimmed part at the end": Packed(
        composite(59, "IFB_LLHBINARY", 14, GENERIC,
                  field(1, "IFE_CHAR", 2), field(2, "IFE_CHAR", 3),
                  field(3, "IFE_CHAR", 9, trim="true"), emitBitmap="false", firstField="1"),
        {"1": "US", "2": "840", "3": "12345"},
        bytes.fromhex("0a e4e2 f8f4f0 f1f2f3f4f5"), 59,
    ),
    "parts of packed digits that start inside a byte": Packed(
        composite(61, "IFB_LLHNUM", 36, GENERIC,
                  field(1, "IFA_NUMERIC", 3), field(2, "IFA_NUMERIC", 2),
                  pad="true", emitBitmap="false"),
        {"1": "123", "2": "45"}, bytes.fromhex("05 012345"), 61,
    ),
    "a bitmap of hex text": Packed(
        composite(48, "IFA_LLLCHAR", 99, GENERIC,
                  field(0, "IFA_BITMAP", 8), field(1, "IF_CHAR", 2), field(64, "IFA_LLCHAR", 20),
                  bitmapField="0", firstField="1"),
        {"64": "xyz"}, b"021000000000000000103xyz",
    ),
    "a short bitmap": Packed(
        composite(48, "IFB_LLHBINARY", 99, GENERIC,
                  field(0, "IFB_BITMAP", 3), field(1, "IFE_CHAR", 3), field(2, "IFB_NUMERIC", 5),
                  field(24, "IFB_BINARY", 2), bitmapField="0", firstField="1"),
        {"2": "12345", "24": "beef"}, bytes.fromhex("08 400001 123450 beef"),
    ),
    "a bitmap that grows, the first bit of its second half an element": Packed(
        composite(48, "IFB_LLHBINARY", 99, GENERIC,
                  field(0, "IF_NOP", 0), field(1, "IFB_BITMAP", 16), field(2, "IF_CHAR", 1),
                  field(65, "IF_CHAR", 1), field(128, "IF_CHAR", 1)),
        {"2": "A", "65": "B", "128": "C"},
        bytes.fromhex("13 c000000000000000 8000000000000001") + b"ABC",
    ),
    "a bitmap whose first bit is an element": Packed(
        composite(49, "IFB_LLLLBINARY", 9999, GENERIC,
                  field(0, "IFB_BITMAP", 16), field(1, "IFB_NUMERIC", 1),
                  field(2, "IFB_NUMERIC", 4), emitBitmap="true", bitmapField="0"),
        {"1": "5", "2": "1234"}, bytes.fromhex("0011 c000000000000000 50 1234"), 49,
    ),
    "a whole packager with a header": Packed(
        composite(44, "IFE_LLLBINARY", 256, "GenericPackager",
                  field(0, "IFE_BITMAP", 2), field(1, "IFE_CHAR", 3), field(7, "IFE_CHAR", 1),
                  emitBitmap="true", bitmapField="0", firstField="0", headerLength="1"),
        {"1": "07", "2": {"1": "ABC", "7": "Y"}},
        bytes.fromhex("f0f0f9 07 f8f2f0f0 c1c2c3 e8"), 44,
    ),
    "a whole packager with a message type": Packed(
        composite(53, "IFB_LLLHBINARY", 500, "GenericPackager",
                  field(0, "IFB_NUMERIC", 4), field(1, "IFB_BITMAP", 8),
                  field(3, "IFB_NUMERIC", 6), field(39, "IF_CHAR", 2)),
        {"1": "0210", "2": {"3": "123456", "39": "00"}},
        bytes.fromhex("000f 0210 2000000002000000 123456 3030"), 53,
    ),
    "a bitmap that its field 0 is": Packed(
        composite(126, "IFB_LLHBINARY", 255, "Base1SubFieldPackager",
                  field(0, "packager.Base1_BITMAP126", 8),
                  field(6, "IFB_LLNUM", 17, pad="true"), field(10, "IFE_CHAR", 6)),
        {"6": "12345", "10": "123456"},
        bytes.fromhex("12 0440000000000000 05012345 f1f2f3f4f5f6"), 126,
    ),
    "tags behind a letter": Packed(
        composite(48, "IFA_LLLCHAR", 99, "EuroSubFieldPackager",
                  field(0, "IFMC_TCC", 1), field(37, "IFMC_LLCHAR", 20),
                  field(92, "IFMC_LLLCHAR", 20)),
        {"_lead": "R", "37": "xyz", "92": "abcd"}, b"017R3703xyz92004abcd",
    ),
    "tags without the letter": Packed(
        composite(48, "IFA_LLLCHAR", 99, "EuroSubFieldPackager",
                  field(0, "IFMC_TCC", 1), field(37, "IFMC_LLCHAR", 20)),
        {"37": "xyz"}, b"0073703xyz",
    ),
    "lengths in front of tags, behind a field that must be there": Packed(
        composite(48, "IFA_LLLBINARY", 999, "EuroSubFieldPackager",
                  field(0, "IF_CHAR", 4), field(1, "IFEP_LLCHAR", 18), field(8, "IFEP_LLCHAR", 0),
                  field(5, "IFEP_LLCHAR", 4), field(40, "IFEP_LLCHAR", 42)),
        {"_lead": "0100", "01": "123456", "40": "abc"}, b"021010008011234560540abc",
    ),
    "tags in ASCII, lengths and values in EBCDIC": Packed(
        composite(48, "IFE_LLLBINARY", 99, "MasterCardEBCDICSubFieldPackager",
                  field(0, "IFEMC_TCC", 1), field(37, "IFEMC_LLCHAR", 20)),
        {"_lead": "R", "37": "xyz"}, bytes.fromhex("f0f0f8 d9 3337 f0f3 a7a8a9"),
    ),
    "tags and lengths in EBCDIC": Packed(
        composite(48, "IFE_LLLBINARY", 99, "MasterCardEBCDICSubFieldPackager",
                  field(37, "IFEPE_LLCHAR", 20), field(41, "IFEPE_LLBINARY", 20)),
        {"37": "xyz", "41": "9f01"},
        bytes.fromhex("f0f1f3 f3f7f0f3a7a8a9 f4f1f0f29f01"),
    ),
    "lengths in EBCDIC in front of tags": Packed(
        composite(60, "IFE_LLLBINARY", 999, "GICCSubFieldPackager",
                  field(2, "IFELPE_LLLCHAR", 20), field(3, "IFEP_LLLCHAR", 20),
                  field(40, "IFEP_LLLBINARY", 20)),
        {"02": "abc", "03": "abc", "40": "9f01"},
        bytes.fromhex("f0f2f3 f0f0f5f0f2818283 f0f0f5f0f3616263 f0f0f4f4f09f01"), 60,
    ),
    "a field in front where a blank of ASCII says so": Packed(
        composite(60, "IFE_LLLBINARY", 999, "GICCSubFieldPackager",
                  field(0, "IF_CHAR", 9), field(2, "IFELPE_LLLCHAR", 20)),
        {"_lead": "        X", "02": "abc"},
        bytes.fromhex("f0f1f7 202020202020202058 f0f0f5f0f2818283"), 60,
    ),
    "tags inside tags": Packed(
        composite(60, "IFE_LLLBINARY", 999, "GICCSubFieldPackager",
                  field(40, "IFEP_LLLBINARY", 2),
                  composite(47, "IFEP_LLLBINARY", 999, "GICCSubFieldPackager",
                            field(1, "IFEP_LLLBINARY", 4))),
        {"40": "f0f7", "47": {"01": "f1f0f1"}},
        bytes.fromhex("f0f2f0 f0f0f4f4f0f0f7 f0f1f0f4f7 f0f0f5f0f1f1f0f1"), 60,
    ),
    "private data subelements": Packed(
        composite(48, "IFA_LLLBINARY", 999, "EuroSubFieldPackager",
                  field(23, "IFIPM_LLLCHAR", 3), field(158, "IFIPM_LLLCHAR", 30)),
        {"0023": "NA ", "0158": "abc"}, b"0200023003NA 0158003abc",
    ),
    "tags of two characters, digits and then letters": Packed(
        composite(48, "IFA_LLLCHAR", 99, "GenericTaggedFieldsPackager",
                  field(7, "IFA_TTLLCHAR", 20), field(147, "IFA_TTLLCHAR", 20), **DECIMAL),
        {"07": "xyz", "99": "abc", "1B": "q"}, b"0190703xyz9903abc1B01q",
    ),
    "parts until the field ends": Packed(
        composite(48, "IFA_LLLCHAR", 99, "CTCSubFieldPackager",
                  field(0, "IF_CHAR", 3), field(1, "IFA_LLCHAR", 9)),
        {"1": "abc", "2": "xyz"}, b"008abc03xyz",
    ),
    "elements with their number in front": Packed(
        composite(48, "IFA_LLLBINARY", 999, "CTCSubElementPackager",
                  composite(0, "IFA_LLLBINARY", 999, "CTCSubFieldPackager",
                            field(0, "IFA_NUMERIC", 2)),
                  composite(1, "IFA_LLLBINARY", 999, "CTCSubFieldPackager",
                            field(0, "IFA_NUMERIC", 3))),
        {"00": {"1": "12"}, "01": {"1": "345"}}, b"015000021201003345",
    ),
    "a sequence of tags, known and unknown": Packed(
        of_sequences(composite(
            48, "IFA_LLLCHAR", 99, "TaggedSequencePackager",
            field(0, "IF_CHAR", 1), field(1, "IFTA_LLLCHAR", 99, token="####"),
            field(2, "IFTA_LLLNUM", 99, token="0012"), token="0000")),
        {"_lead": "Z", "0012": "345", "0777": "abc"}, b"021Z00120033450777003abc",
    ),
    "a sequence of tags with lengths of their own": Packed(
        of_sequences(composite(
            48, "IFA_LLLCHAR", 99, "TaggedSequencePackager",
            field(0, "IFTA_LLCHAR", 99, token="01"), field(2, "IFTA_LLLCHAR", 99, token="02"),
            token="00")),
        {"01": "345", "02": "abc"}, b"015010334502003abc",
    ),
    "chip data": Packed(
        of_sequences(composite(48, "IFA_LLLBINARY", 99, "BERTLVBinaryPackager")),
        {"9F26": "1122334455667788", "95": "0000000000"},
        b"018" + bytes.fromhex("9f26081122334455667788 95050000000000"),
    ),
    "text inside a field of EBCDIC": Packed(
        composite(50, "IFE_LLLCHAR", 99, GENERIC,
                  field(1, "IF_CHAR", 2), field(2, "IFA_LLCHAR", 20), emitBitmap="false"),
        {"1": "AB", "2": "xyz"}, bytes.fromhex("f0f0f7 c1c2 f0f3a7a8a9"), 50,
    ),
}  # fmt: skip


def flat(values: dict[str, Any], path: str) -> dict[str, str]:
    """Texts by path."""
    paths: dict[str, str] = {}
    for key, value in values.items():
        inner = f"{path}.{key}"
        paths |= flat(value, inner) if isinstance(value, dict) else {inner: value}
    return paths


def refused(content: bytes, **choices: Any) -> list[tuple[str, str]]:
    with pytest.raises(SpecificationImportError) as error:
        import_specification("jpos", content, choices=Choices(**choices))
    return error.value.problems


def read_one(codec: Codec, content: bytes, number: int = 48) -> Any:
    """The decoded message, after the same bytes came out of it again."""
    octets = message(number, content)
    decoded = codec.decode(octets)
    assert codec.encode(decoded) == octets
    return decoded


@pytest.mark.parametrize("packed", PACKED.values(), ids=PACKED)
def test_what_the_source_packs_is_read_and_written(packed: Packed) -> None:
    codec = loaded("jpos", packager(packed.xml))
    decoded = read_one(codec, packed.wire, packed.number)
    expected = flat(packed.values, str(packed.number))
    assert {path: decoded.reveal(path) for path in expected} == expected
    inside = f"{packed.number}."
    found = [path for path in decoded.paths() if path.startswith(inside)]
    leaves = [path for path in found if not any(it.startswith(f"{path}.") for it in found)]
    assert set(leaves) - set(expected) <= {path for path in leaves if path.endswith("._bitmap")}
    written = codec.encode({"mti": "0100", str(packed.number): packed.values})
    assert written == message(packed.number, packed.wire)


def test_what_the_source_writes_with_a_number_it_reads_without() -> None:
    packed = PACKED["elements with their number in front"]
    codec = loaded("jpos", packager(packed.xml))
    assert read_one(codec, b"011" + b"00212" + b"003345")["48.2.1"] == "345"
    written = loaded("jpos", packager(packed.xml), choices=Choices(follow="write"))
    assert read_one(written, packed.wire)["48.01.1"] == "345"
    without = read_one(loaded("jpos", packager(packed.xml), choices=Choices(follow="read")),
                       b"005" + b"00212")  # fmt: skip
    assert without["48.1.1"] == "12"


def test_a_first_bit_that_is_an_element_and_announces_too_is_told() -> None:
    xml = PACKED["a bitmap whose first bit is an element"].xml
    text = import_specification("jpos", packager(xml)).replace("\n#", "")
    assert "is element 1, as the source writes it" in text
    problems = refused(packager(xml), follow="read")
    assert [path for path, _ in problems] == [
        "isofieldpackager[id=49, line 1].isofield[id=0, line 1]"
    ]
    longer = xml.replace("</isofieldpackager>", field(70, "IF_CHAR", 1) + "</isofieldpackager>")
    assert "read as another bitmap" in refused(packager(longer))[0][1]


def test_what_the_source_itself_cannot_look_into_stays_closed() -> None:
    inside = composite(48, "IFB_LLHBINARY", 255, GENERIC, field(0, "IFE_CHAR", 1),
                       field(1, "IFB_LLHNUM", 19), field(2, "IFE_CHAR", 2))  # fmt: skip
    text = import_specification("jpos", packager(inside)).replace("\n#", "")
    assert "Not looked into: isofieldpackager[id=48, line 1]" in text
    decoded = read_one(loaded("jpos", packager(inside)), b"\x03abc")
    assert decoded["48"] == "******" and decoded.reveal("48") == b"abc".hex()


def test_a_bitmap_that_nobody_reads_as_one_is_a_part_of_bytes() -> None:
    inside = composite(67, "IFB_LLLBINARY", 999, GENERIC, field(0, "IFB_BITMAP", 8),
                       field(1, "IF_CHAR", 1), emitBitmap="false", firstField="0")  # fmt: skip
    decoded = read_one(loaded("jpos", packager(inside)), b"\x00\x09ABCDEFGHx", 67)
    assert (decoded["67.1"], decoded["67.2"]) == (b"ABCDEFGH".hex(), "x")


def test_a_letter_in_front_may_be_a_blank() -> None:
    xml = PACKED["tags behind a letter"].xml
    assert read_one(loaded("jpos", packager(xml)), b"008 3703xyz")["48._lead"] == " "


def test_tags_of_given_sizes_come_in_the_order_that_the_file_gives() -> None:
    inside = composite(48, "IFA_LLLCHAR", 99, "GenericTaggedFieldsPackager",
                       field(7, "IFA_TTLLCHAR", 20), swapTagAndLen="true", **DECIMAL)  # fmt: skip
    assert read_one(loaded("jpos", packager(inside)), b"0070307xyz")["48.07"] == "xyz"


def test_tags_that_a_program_names_are_read_without_names() -> None:
    inside = composite(48, "IFA_LLLCHAR", 99, "GenericTaggedFieldsPackager",
                       field(1, "IFA_TTLLCHAR", 29), tagMapper="a.Mine$1")  # fmt: skip
    text = import_specification("jpos", packager(inside)).replace("\n#", "")
    assert "have no names: which field a tag stands for, a program says (Mine$1)" in text
    assert read_one(loaded("jpos", packager(inside)), b"007AV03xyz")["48.AV"] == "xyz"


def test_tags_that_no_field_stands_for_are_kept_where_the_source_keeps_them() -> None:
    xml = PACKED["lengths in EBCDIC in front of tags"].xml
    wire = bytes.fromhex("f0f0f7 f0f0f4f9f98182")
    assert read_one(loaded("jpos", packager(xml)), wire, 60).reveal("60.99") == "8182"
    strict = loaded("jpos", packager(PACKED["tags without the letter"].xml))
    with pytest.raises(DecodeError):
        strict.decode(message(48, b"0053801x"))


def test_chip_data_is_tags_in_a_data_set_or_without_one() -> None:
    chip = bytes.fromhex("9f0206000000001000")
    datasets = packager(composite(48, "IFB_LLHBINARY", 255, "DatasetPackager"))
    decoded = read_one(loaded("jpos", datasets), b"\x0c\x01\x00\x09" + chip)
    assert (decoded["48._dataset"], decoded["48.9F02"]) == ("01", "000000001000")
    plain = packager(composite(48, "IFB_LLHBINARY", 255, "ICCDataPackager"))
    assert read_one(loaded("jpos", plain), b"\x09" + chip)["48.9F02"] == "000000001000"


def test_data_sets_above_70_hold_the_elements_that_a_bitmap_names() -> None:
    # the first two are those of ISO 8583:2023 as the source tests them
    elements = [field(number, "IFB_BINARY", 1) for number in range(1, 17)]
    inside = composite(48, "IFB_LLHBINARY", 99, "DatasetPackager", *elements)
    codec = loaded("jpos", packager(inside))
    short = read_one(codec, bytes.fromhex("07 71 0004 6000 11 22"))
    assert (short["48.71.1"], short["48.71.2"], short["48._dataset"]) == ("11", "22", "71")
    long = read_one(codec, bytes.fromhex("08 71 0005 c00040 11 22"))
    assert (long["48.71.1"], long["48.71.16"]) == ("11", "22")
    both = read_one(codec, bytes.fromhex("0d 01 0004 82021800 71 0003 2000 22"))
    assert (both["48.01.82"], both["48.71.2"]) == ("1800", "22")
    values = {"01": {"9F02": "000000001000"}, "71": {"1": "11", "16": "22"}}
    wire = bytes.fromhex("14 01 0009 9f0206000000001000 71 0005 c00040 11 22")
    assert codec.encode({"mti": "0100", "48": values}) == message(48, wire)


def test_a_data_set_that_the_source_cannot_read_is_bytes() -> None:
    inside = composite(48, "IFB_LLHBINARY", 99, "DatasetPackager", field(1, "IFB_BINARY", 1))
    codec = loaded("jpos", packager(inside))
    for wire in ("07 71 0004 6000 11 22", "06 71 0003 4001 11", "05 71 0002 8000"):
        content = bytes.fromhex(wire)
        assert read_one(codec, content).reveal("48") == content[1:].hex()


def test_parts_of_packed_digits_are_filled() -> None:
    inside = composite(22, "IFB_NUMERIC", 3, GENERIC, field(1, "IFA_NUMERIC", 2),
                       field(2, "IFA_NUMERIC", 1), pad="true", emitBitmap="false")  # fmt: skip
    codec = loaded("jpos", packager(inside))
    # as jPOS 2.1.9 packs it
    assert codec.encode({"mti": "0100", "22.1": "5", "22.2": "1"}) == message(22, b"\x00\x51")


def test_a_length_that_counts_itself_is_taken_over() -> None:
    inside = composite(48, "IFB_LLHBINARY", 99, GENERIC, field(1, "IFE_CHAR", 2),
                       inclusive="true", emitBitmap="false")  # fmt: skip
    assert read_one(loaded("jpos", packager(inside)), b"\x03\xc1\xc2")["48.1"] == "AB"
    problems = refused(packager(field(48, "IFB_LLBINARY", 9, inclusive="true")))
    assert problems[0][0].endswith("].inclusive")


REFUSED = [
    (composite(48, "IFB_LLHBINARY", 9, "MyPackager"), "].packager", "'org.jpos.iso.packager.My"),
    (composite(48, "IFB_LLHBINARY", 9, GENERIC, field(0, "IFB_BITMAP", 12), bitmapField="0"),
     "isofield[id=0, line 1].length", "16 or 24"),
    (composite(48, "IFB_LLHBINARY", 9, GENERIC, headerLength="2", emitBitmap="false"),
     "id=48, line 1].headerLength", "only a GenericPackager"),
    (composite(48, "IFB_LLHBINARY", 9, GENERIC, field(1, "IF_CHAR", 1), emitBitmap="no"),
     "id=48, line 1].emitBitmap", "true or false"),
    (composite(48, "IFB_LLNUM", 9, GENERIC, field(1, "IFA_LLCHAR", 9), emitBitmap="false"),
     "id=48, line 1]", "only parts of fixed lengths"),
    (composite(48, "IFB_AMOUNT", 9, GENERIC, field(1, "IF_CHAR", 9), emitBitmap="false"),
     "id=48, line 1]", "a number with a sign has no parts"),
    (composite(48, "IFA_LLLCHAR", 99, "BERTLVAsciiHexPackager"), "].packager", "hex text"),
    (composite(48, "IFA_LLLCHAR", 99, "EuroSubFieldPackager", field(3, "IFA_LLCHAR", 9)),
     "isofield[id=3, line 1].class", "writes no tag"),
    (composite(48, "IFA_LLLCHAR", 99, "EuroSubFieldPackager",
               field(3, "IFMC_LLCHAR", 9), field(4, "IFIPM_LLLCHAR", 9)),
     "isofield[id=4, line 1].class", "otherwise than IFMC_LLCHAR"),
    (composite(48, "IFA_LLLCHAR", 99, "EuroSubFieldPackager", field(100, "IFMC_LLCHAR", 9)),
     "isofield[id=100, line 1]", "2 digits"),
    (composite(48, "IFA_LLLCHAR", 99, "GenericTaggedFieldsPackager", tagSize="2", lenSize="2"),
     "id=48, line 1].tagMapper", "is needed"),
    (composite(48, "IFA_LLLCHAR", 99, "GenericTaggedFieldsPackager", tagMapper="a.Mine"),
     "id=48, line 1].tagSize", "is needed"),
    (composite(48, "IFA_LLLCHAR", 99, "GenericTaggedFieldsPackager", **DECIMAL | {"tagSize": 3}),
     "id=48, line 1].tagSize", "2 with TTDecimalTagMapper"),
    (composite(48, "IFA_LLLCHAR", 99, "GenericTaggedFieldsPackager",
               field(100, "IFA_TTLLCHAR", 9), **DECIMAL), "isofield[id=100, line 1]", "no tag"),
    (composite(48, "IFA_LLLCHAR", 99, "GenericTaggedFieldsPackager",
               field(1, "IFA_TTLLLCHAR", 9), **DECIMAL), "isofield[id=1, line 1]", "another"),
    (of_sequences(composite(48, "IFA_LLLCHAR", 99, "TaggedSequencePackager",
                            field(1, "IFTA_LLCHAR", 9, token="01"))), "].token", "is needed"),
    (of_sequences(composite(48, "IFA_LLLCHAR", 99, "TaggedSequencePackager",
                            field(1, "IFTA_LLCHAR", 9, token="01"), token="000")),
     "isofield[id=1, line 1].token", "3 characters"),
    (field(48, "IFMC_LLCHAR", 9), "isofield[id=48, line 1].class", "writes a tag"),
    (field(48, "IFMC_TCC", 1), "isofield[id=48, line 1].class", "letter in front of tags"),
]  # fmt: skip


@pytest.mark.parametrize(("xml", "path", "problem"), REFUSED)
def test_what_is_inside_and_cannot_be_expressed_is_refused_with_its_path(
    xml: str, path: str, problem: str
) -> None:
    problems = refused(packager(xml))
    assert any(path in place and problem in text for place, text in problems), problems

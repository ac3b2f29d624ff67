"""Bytes that moov's own program writes and reads, by specifications that were imported.

Every literal here was packed and unpacked by version 0.26 of the module.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.unit.importing import VECTORS, loaded, message, moov

from cbs.errors import DecodeError, SpecificationImportError
from cbs.importers import Choices, import_specification

DOCUMENTS = json.loads((VECTORS / "dialect_messages.json").read_text())
ZEROS = {"type": "Left", "pad": "0"}
BLANKS = {"type": "Right", "pad": " "}
HEX_TAGS = {"enc": "BerTLVTag", "sort": "StringsByHex"}


def given(kind: str, enc: str, prefix: str, length: int, **more: Any) -> dict[str, Any]:
    return {"type": kind, "length": length, "enc": enc, "prefix": prefix, **more}


def composite(length: int, prefix: str, subfields: Any, **more: Any) -> dict[str, Any]:
    return {"type": "Composite", "length": length, "prefix": prefix, "subfields": subfields, **more}


ONE = given("String", "ASCII", "ASCII.Fixed", 1)
TWO = given("String", "ASCII", "ASCII.LL", 9)
FIELDS: list[tuple[dict[str, Any], Any, str, Any]] = [
    # padding fills a variable length up to its maximum, bytes with a character
    (given("String", "ASCII", "ASCII.LL", 5, padding=ZEROS), "7", "30353030303037", "00007"),
    (given("Numeric", "BCD", "BCD.LL", 5, padding=ZEROS), "7", "05000007", "00007"),
    (given("Binary", "Binary", "Binary.L", 3, padding=ZEROS), "ff", "033030ff", "3030ff"),
    (given("Hex", "Binary", "Binary.Fixed", 3, padding=BLANKS), "ff", "ff2020", "ff2020"),
    (given("Hex", "HexToASCII", "ASCII.LL", 2, padding=ZEROS), "ff", "303233304646", "30ff"),
    # padding of the right side is that of the older generation as well
    (given("String", "ASCII", "ASCII.Fixed", 3, padding={"type": "rightPadder", "pad": 32}),
     "a", "612020", "a  "),
    # a length beyond what its prefix can count
    (given("String", "ASCII", "ASCII.L", 999), "abc", "33616263", "abc"),
    (given("String", "ASCII", "Binary.L", 999), "abc", "03616263", "abc"),
    # no prefix at all: whatever is left
    (given("String", "ASCII", "None.Fixed", 3), "abcdef", "616263646566", "abcdef"),
    # hex characters whose length is counted alike both ways
    (given("String", "ASCIIToHex", "Hex.Fixed", 3), "0102ff", "0102ff", "0102ff"),
    # a table of its own
    (given("String", "EBCDIC", "ASCII.LL", 20), "[]|!^{}~`\\A1 a",
     "31344a5a6a4f5fc0d0a179e0c1f14081", "[]|!^{}~`\\A1 a"),
    (given("String", "EBCDIC1047", "ASCII.LL", 20), "[]|!^", "3035adbd4f5a5f", "[]|!^"),
    # a Composite's own encoding comes to nothing
    (composite(2, "ASCII.Fixed", {"1": ONE, "2": ONE}, tag={"sort": "StringsByInt"}, enc="BCD"),
     {"1": "a", "2": "b"}, "6162", "ab"),
    # odd digits are texts to StringsByHex
    (composite(9, "ASCII.L", {"2": ONE, "10": ONE, "1": ONE}, tag={"sort": "StringsByHex"}),
     {"1": "a", "2": "b", "3": "c"}, "33616263", "abc"),
    # an odd tag of packed digits
    (composite(9, "ASCII.L", {"123": ONE}, tag={"enc": "BCD", "length": 3, "sort": "StringsByInt"}),
     {"0123": "a"}, "33012361", "012361"),
    (composite(9, "ASCII.L", {"123": ONE},
               tag={"enc": "LBCD", "length": 3, "sort": "StringsByInt"}),
     {"1230": "a"}, "33123061", "123061"),
    (composite(9, "ASCII.L", {"9F01": ONE},
               tag={"enc": "ASCIIToHex", "length": 2, "sort": "StringsByHex"}),
     {"9F01": "a"}, "339f0161", "9f0161"),
    (composite(9, "ASCII.L", {"7": ONE},
               tag={"enc": "EBCDIC", "length": 2, "padding": ZEROS, "sort": "StringsByInt"}),
     {"07": "a"}, "33f0f761", "f0f761"),
    # the tags of a template are its own
    (composite(99, "ASCII.LL", {"9A": given("Hex", "Binary", "BerTLV", 0), "70": composite(
        0, "BerTLV", {"9A": given("String", "ASCII", "BerTLV", 0)}, tag=HEX_TAGS)}, tag=HEX_TAGS),
     {"70": {"9A": "A"}, "9A": "41"}, "303870039a01419a0141", "70039a01419a0141"),
]  # fmt: skip


@pytest.mark.parametrize(("definition", "value", "octets", "text"), FIELDS)
def test_the_peer_and_its_import_write_and_read_the_same(
    definition: dict[str, Any], value: Any, octets: str, text: str
) -> None:
    codec = loaded("moov", moov({"48": definition}))
    body = message(48, bytes.fromhex(octets))
    decoded = codec.decode(body)
    assert decoded.reveal("48") == text
    assert codec.encode(decoded) == body == codec.encode({"mti": "0100", "48": value})


def test_a_shorter_value_than_padding_makes_is_read_as_the_peer_reads_it() -> None:
    codec = loaded("moov", moov({"48": given("String", "ASCII", "ASCII.LL", 5, padding=ZEROS)}))
    body = message(48, b"0207")
    assert codec.decode(body)["48"] == "07"
    assert codec.encode(codec.decode(body)) == body


def test_the_peer_takes_no_notice_of_what_is_behind_the_last_element() -> None:
    codec = loaded("moov", moov({"48": ONE}))
    body = message(48, b"a") + b"left"
    decoded = codec.decode(body)
    assert (decoded["48"], decoded.reveal("_rest")) == ("a", b"left".hex())
    assert codec.encode(decoded) == body


TYPES = [
    (given("String", "ASCII", "ASCII.Fixed", 4), b"0100"),
    (given("Numeric", "ASCII", "ASCII.Fixed", 4, padding=ZEROS), b"0100"),
    (given("String", "Binary", "Binary.Fixed", 4), b"0100"),
    (given("String", "EBCDIC", "EBCDIC.Fixed", 4), b"\xf0\xf1\xf0\xf0"),
    (given("String", "BCD", "BCD.Fixed", 4), b"\x01\x00"),
    (given("String", "LBCD", "BCD.Fixed", 4), b"\x01\x00"),
    (given("String", "ASCIIToHex", "Hex.Fixed", 2), b"\x01\x00"),
    (given("Hex", "Binary", "Binary.Fixed", 2), b"\x01\x00"),
    (given("String", "HexToASCII", "Hex.Fixed", 4), b"30313030"),
]


@pytest.mark.parametrize(("definition", "octets"), TYPES)
def test_message_types_of_every_encoding(definition: dict[str, Any], octets: bytes) -> None:
    codec = loaded("moov", moov({"0": definition, "48": ONE}))
    body = octets + bytes.fromhex("0000000000010000") + b"a"
    assert codec.decode(body).mti == "0100"
    assert codec.encode({"mti": "0100", "48": "a"}) == body


def test_an_element_whose_bit_announces_a_bitmap_is_left_out() -> None:
    content = moov({"65": ONE, "66": ONE})
    assert "Field 65 is left out" in import_specification("moov", content)
    body = message(66, b"a")
    assert loaded("moov", content).decode(body)["66"] == "a"
    both = {"1": given("Bitmap", "Binary", "Binary.Fixed", 16), "65": ONE}
    body = b"0100" + bytes(8) + b"\x80" + bytes(7) + b"a"
    assert loaded("moov", moov(both)).decode(body)["65"] == "a"


def test_keys_of_json_are_known_in_any_case() -> None:
    odd = {"Type": "String", "LENGTH": 3, "Enc": "ASCII", "Prefix": "ASCII.Fixed"}
    assert loaded("moov", moov({"48": odd})).decode(message(48, b"abc"))["48"] == "abc"


def test_unknown_tags_without_a_prefix_for_them_are_refused_as_the_peer_refuses_them() -> None:
    tag = {"enc": "ASCII", "length": 2, "sort": "StringsByInt", "skipUnknownTLVTags": True}
    codec = loaded("moov", moov({"48": composite(99, "ASCII.LL", {"01": TWO}, tag=tag)}))
    assert codec.decode(message(48, b"050101x"))["48.01"] == "x"
    with pytest.raises(DecodeError, match="a tag that is known"):
        codec.decode(message(48, b"050201x"))


def test_hex_fixed_lengths_are_those_that_are_read_unless_a_person_says_otherwise() -> None:
    content = moov({"52": given("String", "HexToASCII", "Hex.Fixed", 2)})
    assert "half the length" in import_specification("moov", content)
    codec = loaded("moov", content)
    assert codec.decode(message(52, b"0aFf")).reveal("52") == "0aff"
    written = loaded("moov", content, choices=Choices(follow="write"))
    body = message(52, b"30614666")
    assert written.decode(body).reveal("52") == "30614666"
    assert written.encode(written.decode(body)) == body


def test_a_page_that_a_person_knows_takes_the_place_of_the_table() -> None:
    content = moov({"48": given("String", "EBCDIC", "ASCII.LL", 5)})
    codec = loaded("moov", content, choices=Choices(ebcdic_page="037"))
    assert codec.decode(message(48, b"01\x5a"))["48"] == "!"
    assert loaded("moov", content).decode(message(48, b"01\x5a"))["48"] == "]"


def test_a_tag_that_is_written_with_its_padding_is_known_by_it() -> None:
    tag = {"enc": "ASCII", "length": 2, "padding": ZEROS, "sort": "StringsByInt"}
    codec = loaded("moov", moov({"48": composite(99, "ASCII.LL", {"01": TWO}, tag=tag)}))
    body = message(48, b"050101x")
    assert codec.decode(body)["48.01"] == "x"
    assert codec.encode({"mti": "0100", "48": {"01": "x"}}) == body
    both = composite(99, "ASCII.LL", {"01": TWO, "1": TWO}, tag={**tag, "sort": "StringsByHex"})
    with pytest.raises(SpecificationImportError, match="unlike all others"):
        import_specification("moov", moov({"48": both}))


FIXED = {3: 6, 4: 12, 7: 10, 11: 6, 12: 6, 13: 4, 15: 4, 17: 4, 18: 4, 22: 3, 25: 2, 28: 9, 37: 12,
         38: 6, 39: 2, 41: 8, 42: 15, 43: 40, 49: 3, 70: 3, 90: 42, 95: 42}  # fmt: skip
COUNTED = {2: 19, 32: 11, 33: 11, 35: 37, 44: 99}
# the answer to network management has an element 73, which that specification lacks
MESSAGES = [
    it
    for it in DOCUMENTS
    if "test/testdata/" in it["source"] and "management_message_response" not in it["source"]
]


@pytest.mark.parametrize("document", MESSAGES, ids=lambda it: it["source"].rpartition("/")[2])
def test_the_messages_that_come_with_the_peer_are_read_by_its_own_specification(
    document: dict[str, Any],
) -> None:
    fields = {
        "1": given("Bitmap", "HexToASCII", "Hex.Fixed", 8),
        "2": given("String", "ASCII", "ASCII.LL", 19),
        **{str(key): given("String", "ASCII", "ASCII.Fixed", it) for key, it in FIXED.items()},
        **{str(key): given("String", "ASCII", "ASCII.LL", it) for key, it in COUNTED.items()},
        **{str(key): given("String", "ASCII", "ASCII.LLL", 999) for key in (48, 55, 56, 60, 63)},
    }
    octets = bytes.fromhex(document["hex"])
    codec = loaded("moov", moov(fields))
    decoded = codec.decode(octets)
    shown = {key: decoded.reveal(key) for key in decoded}
    assert shown == {key: it for key, it in document["expect"].items() if key.isdigit()}
    assert codec.encode(decoded) == octets

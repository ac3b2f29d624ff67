"""What a message holds beyond its values: kept, told, and refused where that is asked for."""

from __future__ import annotations

import json

import pytest

from cbs._native import MacKey
from cbs.codec import Codec
from cbs.errors import DecodeError, EncodeError

KEY = MacKey("retail", bytes(range(16)))
IGNORING = """
[message]
type_indicator = "ascii"
bitmap = "hex-ascii"
trailing = "ignore"
[fields]
2 = { name = "Card", encoding = "ascii", prefix = "ascii:2", max = 19, sensitivity = "pan" }
"""
CARD = b"01004000000000000000164000000000000010"


def test_a_message_in_order_has_no_warnings(visa_codec: Codec) -> None:
    message = visa_codec.decode(visa_codec.encode({"mti": "0100", "11": "020013"}))
    assert message.warnings == []


@pytest.mark.parametrize(
    ("policy", "octets", "told"),
    [
        ("ignore", CARD + b"123", ["3 bytes ignored at offset 38"]),
        ("keep", CARD + b"1", ["1 byte kept unread at offset 38"]),
        (
            "keep",
            CARD.replace(b"40", b"60", 1) + b"1",
            [
                "bit 3 set, which has no definition: nothing is read from there on",
                "1 byte kept unread at offset 38",
            ],
        ),
    ],
)
def test_what_was_left_aside_is_told(policy: str, octets: bytes, told: list[str]) -> None:
    text = IGNORING.replace('"ignore"', f'"{policy}"')
    if policy == "keep":
        text = text.replace("[fields]", 'unknown_elements = "keep"\n[fields]')
    assert Codec(text, name="own").decode(octets).warnings == told


def test_a_message_is_verified_where_that_is_asked_for(visa_codec: Codec) -> None:
    padded = bytes.fromhex("0100" + "0000000000008000" + "1978")
    assert visa_codec.encode(visa_codec.decode(padded)) == padded
    with pytest.raises(DecodeError, match="49 at offset 10: expected the bytes that") as caught:
        visa_codec.decode(padded, verify=True)
    assert (caught.value.path, caught.value.offset) == ("49", 10)
    assert caught.value.partial is not None
    assert caught.value.partial["49"] == "978"
    plain = visa_codec.encode({"mti": "0100", "49": "978"})
    assert visa_codec.decode(plain, verify=True)["49"] == "978"


def test_a_verified_message_has_nothing_that_is_ignored() -> None:
    codec = Codec(IGNORING, name="own")
    assert codec.decode(CARD, verify=True).reveal("2") == "4000000000000010"
    with pytest.raises(
        DecodeError, match="at offset 38: expected the end of the message"
    ) as caught:
        codec.decode(CARD + b"12", verify=True)
    assert "2 bytes more, ignored" in str(caught.value)


def test_a_value_that_cannot_be_written_fails_to_verify() -> None:
    text = IGNORING.replace("max = 19", 'max = 19, class = "ans"')
    codec = Codec(text, name="own")
    starred = CARD.replace(b"4000000000000010", b"400000******0010")
    assert codec.decode(starred)["2"]
    with pytest.raises(DecodeError, match="2 at offset 20: expected a value that can be") as caught:
        codec.decode(starred, verify=True)
    assert "400000" not in str(caught.value)


@pytest.mark.parametrize("as_text", [True, False])
def test_json_is_sealed_with_a_code(visa_codec: Codec, as_text: bool) -> None:
    fields = {"mti": "0100", "2": "4000000000000010", "4": "000000004250"}
    document = json.dumps(fields)
    octets = visa_codec.encode_json(document if as_text else document.encode(), mac_key=KEY)
    assert octets == visa_codec.encode(fields, mac_key=KEY)
    assert visa_codec.decode(octets).verify_mac(KEY)


def test_json_that_cannot_be_sealed_is_told_by_path(visa_codec: Codec) -> None:
    with pytest.raises(EncodeError, match="128: expected the code as the last element") as caught:
        visa_codec.encode_json('{"mti": "0100", "130": "000000"}', mac_key=KEY)
    assert caught.value.path == "128"

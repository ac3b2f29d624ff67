"""Message authentication codes: over the exact bytes, in the last element."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cbs.codec import Codec, specification_names
from cbs.errors import DecodeError, EncodeError, SettingsError
from cbs.mac import MacKey

RETAIL_KEY = bytes.fromhex("0123456789abcdeffedcba9876543210")
RETAIL = MacKey("retail", RETAIL_KEY)
RETAIL_MARKED = MacKey("retail", RETAIL_KEY, padding=2)
CMAC = MacKey("cmac", bytes.fromhex("2b7e151628aed2a6abf7158809cf4f3c"))
KEYS = [RETAIL, RETAIL_MARKED, CMAC]

FIELDS: dict[str, Any] = {"mti": "0800", "7": "1121123000", "11": "000001"}
LONG_FIELDS = {**FIELDS, "70": "301"}
FIXED = Codec.load("iso87_binary")


@pytest.mark.parametrize(
    ("data", "padding", "expected"),
    [
        (b"Now is the time for all ", 1, "a1c72e74ea3fa9b6"),
        (b"Now is the time for all ", 2, "e9086230ca3be796"),
        (b"Now is the time for it", 1, "2e2b1428cc78254f"),
        (b"Now is the time for it", 2, "5a692ce64f404145"),
    ],
)
def test_retail_codes_are_those_of_iso_9797_1_annex_b(
    data: bytes, padding: int, expected: str
) -> None:
    key = MacKey("retail", RETAIL_KEY, padding=padding)
    assert key.mac(data).hex() == expected
    assert key.verify(data, bytes.fromhex(expected))


def test_cmacs_are_those_of_rfc_4493() -> None:
    assert CMAC.mac(b"").hex() == "bb1d6929e95937287fa37d129b756746"
    data = bytes.fromhex("6bc1bee22e409f96e93d7e117393172a")
    assert CMAC.mac(data).hex() == "070a16b46b4d4144f79bdd9dd04a287c"


def test_a_code_of_fewer_than_four_bytes_proves_nothing() -> None:
    code = CMAC.mac(b"data")
    assert [CMAC.verify(b"data", code[:length]) for length in (0, 3, 4, 8, 16)] == [
        False,
        False,
        True,
        True,
        True,
    ]
    assert not CMAC.verify(b"data", code + b"\0")


@pytest.mark.parametrize(
    ("method", "length", "padding", "words"),
    [
        ("retail", 8, 1, "8 bytes, 16 are needed"),
        ("retail", 24, 1, "24 bytes, 16 are needed"),
        ("retail", 16, 3, "padding: 1 or 2"),
        ("cmac", 8, 1, "8 bytes, 16, 24 or 32 are needed"),
        ("cmac", 16, 2, "pads by its own rule"),
        ("hmac", 16, 1, "one of retail, cmac"),
    ],
)
def test_a_key_that_cannot_be_used_is_refused_with_the_reason(
    method: str, length: int, padding: int, words: str
) -> None:
    with pytest.raises(SettingsError, match=words):
        MacKey(method, b"k" * length, padding=padding)


def test_keys_are_never_shown() -> None:
    assert repr(RETAIL) == "RetailMac(Zeros, key=****)"
    assert repr(CMAC) == "AesCmac(key=****)"


@pytest.mark.parametrize("name", specification_names())
@pytest.mark.parametrize("key", KEYS, ids=repr)
@pytest.mark.parametrize(("fields", "element"), [(FIELDS, "64"), (LONG_FIELDS, "128")])
def test_every_dialect_writes_a_code_that_verifies(
    name: str, key: MacKey, fields: dict[str, Any], element: str
) -> None:
    codec = Codec.load(name)
    message = codec.decode(codec.encode(as_dialect(name, fields), mac_key=key))
    assert list(message)[-1] == element
    assert message.verify_mac(key)
    assert [other for other in KEYS if message.verify_mac(other)] == [key]
    octets = codec.encode(message)
    assert [other for other in KEYS if codec.verify_mac(octets, other)] == [key]


def test_the_code_is_computed_over_the_bytes_before_its_element() -> None:
    octets = FIXED.encode(FIELDS, mac_key=RETAIL)
    assert octets[-8:] == RETAIL.mac(octets[:-8])
    assert FIXED.decode(octets).reveal("64") == RETAIL.mac(octets[:-8]).hex()


def test_a_cmac_is_cut_to_the_length_of_its_element() -> None:
    octets = FIXED.encode(FIELDS, mac_key=CMAC)
    assert octets[-8:] == CMAC.mac(octets[:-8])[:8]


def test_in_a_text_dialect_the_code_is_hex_and_covers_the_text() -> None:
    codec = Codec.load("iso87_ascii")
    octets = codec.encode(FIELDS, mac_key=RETAIL)
    assert octets[-16:].decode().lower() == RETAIL.mac(octets[:-16]).hex()


def test_a_header_of_the_dialect_is_not_covered() -> None:
    codec = Codec(
        """
        [message]
        header = "49534f"
        type_indicator = "bcd"
        bitmap = "binary"
        [fields]
        11 = { name = "STAN", encoding = "bcd", length = 6 }
        64 = { name = "MAC", encoding = "binary", length = 4 }
        """,
        name="headed",
    )
    octets = codec.encode({"mti": "0800", "11": "000001"}, mac_key=RETAIL)
    assert octets[:3] == b"ISO"
    assert octets[-4:] == RETAIL.mac(octets[3:-4])[:4]
    assert codec.decode(octets).verify_mac(RETAIL)


@settings(deadline=None)
@given(st.data())
def test_a_message_with_any_bit_changed_does_not_verify(data: st.DataObject) -> None:
    octets = bytearray(FIXED.encode(FIELDS, mac_key=RETAIL))
    # the message type and the elements; a changed bitmap makes it another message altogether
    places = [0, 1, *range(10, len(octets))]
    place = data.draw(st.sampled_from(places))
    octets[place] ^= 1 << data.draw(st.integers(0, 2)) if place < len(octets) - 8 else 0x80
    try:
        message = FIXED.decode(bytes(octets))
    except DecodeError:
        # a nibble that is no digit any more
        return
    assert not message.verify_mac(RETAIL)


def test_a_code_is_checked_before_any_value_is_looked_at() -> None:
    octets = FIXED.encode(FIELDS, mac_key=RETAIL)
    # A time and a trace number of no digits: no message, and yet what the sender has signed.
    covered = octets[:10] + b"\xff" * (len(octets) - 18)
    signed = covered + RETAIL.mac(covered)
    assert FIXED.verify_mac(signed, RETAIL)
    with pytest.raises(DecodeError):
        FIXED.decode(signed)
    assert not FIXED.verify_mac(signed[:-1], RETAIL)
    assert not FIXED.verify_mac(signed + b"\0", RETAIL)
    assert not FIXED.verify_mac(signed, CMAC)


@pytest.mark.parametrize("name", specification_names())
@given(data=st.data())
def test_a_body_that_was_changed_or_made_up_is_judged_as_its_message(
    name: str, data: st.DataObject
) -> None:
    codec = Codec.load(name)
    octets = bytearray(codec.encode(as_dialect(name, LONG_FIELDS), mac_key=RETAIL))
    for _ in range(data.draw(st.integers(0, 2))):
        octets[data.draw(st.integers(0, len(octets) - 1))] = data.draw(st.integers(0, 255))
    body = data.draw(st.one_of(st.just(bytes(octets)), st.binary(max_size=80)))
    verdict = codec.verify_mac(body, RETAIL)
    try:
        message = codec.decode(body)
    except DecodeError:
        return
    assert verdict == message.verify_mac(RETAIL)


def test_a_code_of_no_fixed_length_has_no_place_without_its_values() -> None:
    codec = Codec(
        """
        [message]
        type_indicator = "bcd"
        bitmap = "binary"
        [fields]
        11 = { name = "STAN", encoding = "bcd", length = 6 }
        64 = { name = "MAC", encoding = "binary", prefix = "binary:1", max = 8 }
        """,
        name="variable",
    )
    octets = codec.encode({"mti": "0800", "11": "000001"}, mac_key=RETAIL)
    assert codec.decode(octets).verify_mac(RETAIL)
    assert not codec.verify_mac(octets, RETAIL)


def test_an_edited_message_does_not_verify_until_it_is_sealed_again() -> None:
    message = FIXED.decode(FIXED.encode(FIELDS, mac_key=RETAIL))
    edited = message.set("11", "000002")
    assert not edited.verify_mac(RETAIL)
    octets = FIXED.encode(edited, mac_key=RETAIL)
    assert FIXED.decode(octets).verify_mac(RETAIL)
    assert FIXED.encode(FIXED.decode(octets)) == octets


def test_a_code_moves_when_elements_above_64_come_or_go() -> None:
    message = FIXED.decode(FIXED.encode(FIELDS, mac_key=RETAIL)).set("70", "301")
    longer = FIXED.decode(FIXED.encode(message, mac_key=RETAIL))
    assert list(longer) == ["7", "11", "70", "128"]
    assert longer.verify_mac(RETAIL)
    shorter = FIXED.decode(FIXED.encode(longer.delete("70"), mac_key=RETAIL))
    assert list(shorter) == ["7", "11", "64"]
    assert shorter.verify_mac(RETAIL)


@pytest.mark.parametrize(
    "fields",
    [FIELDS, LONG_FIELDS, {**LONG_FIELDS, "64": "00" * 8}],
    ids=["no code", "no code, two bitmaps", "elements behind the code"],
)
def test_a_message_that_does_not_end_in_a_code_does_not_verify(fields: dict[str, Any]) -> None:
    message = FIXED.decode(FIXED.encode(fields))
    assert not any(message.verify_mac(key) for key in KEYS)


def test_elements_behind_128_leave_no_place_for_a_code() -> None:
    with pytest.raises(EncodeError, match="expected the code as the last element") as caught:
        Codec.load("visa_like").encode({**FIELDS, "147": "000000000001"}, mac_key=RETAIL)
    assert caught.value.path == "128"


def test_a_dialect_without_the_element_names_it() -> None:
    codec = Codec(
        """
        [message]
        type_indicator = "bcd"
        bitmap = "binary"
        [fields]
        11 = { name = "STAN", encoding = "bcd", length = 6 }
        """,
        name="small",
    )
    with pytest.raises(EncodeError) as caught:
        codec.encode({"mti": "0800", "11": "000001"}, mac_key=RETAIL)
    assert caught.value.path == "64"


def as_dialect(name: str, fields: dict[str, Any]) -> dict[str, Any]:
    """The fields as a dialect's lengths have them."""
    if name != "iso2003_binary":
        return fields
    lengths = {"11": 12, "70": 18}
    return {key: text.zfill(lengths.get(key, 0)) for key, text in fields.items()}

"""The shipped dialects: public messages of each, and what must hold for all of them."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.known_messages import FOLDER, body_of

from cbs.codec import Codec, lint, specification_names
from cbs.errors import CodecError, DecodeError, EncodeError

DOCUMENTS: list[dict[str, Any]] = json.loads((FOLDER / "dialect_messages.json").read_text())
SENSITIVE = ("2", "34", "35", "36", "45", "52", "102", "103", "48.92", "55.5A", "55.57")


def named(document: dict[str, Any]) -> str:
    return f"{document['specification']} {document['source'].split('/')[-1]}"


@cache
def codec(name: str) -> Codec:
    return Codec.load(name)


def test_the_dialects_that_were_asked_for_are_shipped_and_have_no_fault() -> None:
    assert set(specification_names()) >= {
        "visa_like", "mastercard_like", "iso87_ascii", "iso87_binary", "iso93_ascii",
        "iso93_binary", "iso93_ebcdic", "iso2003_binary", "pos_tpdu",
        "iso87_ascii_binary_bitmap", "iso93_ascii_binary_bitmap", "base24_like", "jcb_like",
        "mastercard_clearing_like", "mastercard_clearing_ascii_like", "postilion_like",
        "unionpay_pos_like", "way4_like",
    }  # fmt: skip
    for name in specification_names():
        assert lint(name) == [], name


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_a_public_message_has_its_values(document: dict[str, Any]) -> None:
    message = codec(document["specification"]).decode(body_of(document))
    shown = json.loads(message.to_json(reveal=True))
    nested = document["expect"].get("subfields", {})
    for key, text in document["expect"].items():
        if key != "subfields":
            assert shown[key] == text, key
    assert shown.get("subfields", {}) | nested == shown.get("subfields", {})


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_a_public_message_comes_back_byte_for_byte(document: dict[str, Any]) -> None:
    octets = body_of(document)
    known = codec(document["specification"])
    message = known.decode(octets)
    assert known.encode(message) == octets
    fields = json.loads(message.to_json(reveal=True))
    if document.get("stars"):
        with pytest.raises(EncodeError, match="masked text"):
            known.encode(fields)
        return
    from_json = bytes.fromhex(document.get("hex_from_json", octets.hex()))
    assert known.encode(fields) == from_json


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_a_public_message_shows_no_card_data(document: dict[str, Any]) -> None:
    message = codec(document["specification"]).decode(body_of(document))
    texts = (message.to_json().decode(), repr(message), str(message.describe()))
    also = ("125",) if document["specification"] == "mastercard_like" else ()
    for path in filter(message.__contains__, SENSITIVE + also):
        clear = message.reveal(path)
        if not clear.strip("*"):
            continue
        # three digits turn up anywhere; a masked text says as much
        assert message[path] != clear, path
        assert len(clear) < 8 or all(clear not in text for text in texts), path


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_any_change_of_any_byte_gives_a_message_or_an_error(document: dict[str, Any]) -> None:
    known = codec(document["specification"])
    octets = bytearray(body_of(document))
    card = document["expect"].get("2") or "no card"
    for place, original in enumerate(octets):
        for value in (0, 0x0A, 0x30, 0x39, 0x41, 0x99, 0xF5, 0xFF, original ^ 1, original ^ 0x80):
            octets[place] = value
            assert card not in outcome(known, bytes(octets))
        octets[place] = original


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_a_message_cut_off_anywhere_is_an_error_inside_what_is_left(
    document: dict[str, Any],
) -> None:
    known = codec(document["specification"])
    octets = body_of(document)
    for length in range(len(octets)):
        with pytest.raises(DecodeError) as caught:
            known.decode(octets[:length])
        assert caught.value.offset is not None
        assert caught.value.offset <= length
        assert caught.value.path


def outcome(known: Codec, octets: bytes) -> str:
    """Decode; a message must encode to the same bytes, an error must be one of ours."""
    try:
        message = known.decode(octets)
    except CodecError as error:
        return str(error)
    assert known.encode(message) == octets
    message.describe()
    document = json.loads(message.to_json(reveal=True))
    try:
        again = known.encode(document)
    except EncodeError as error:
        # stars in a field of card data cannot be told from masked text
        assert "masked text" in str(error)
        return ""
    assert json.loads(known.decode(again).to_json(reveal=True)) == document
    return ""


NAMES = st.sampled_from(specification_names())


@given(NAMES, st.binary(max_size=300))
def test_any_bytes_give_a_message_or_an_error(name: str, octets: bytes) -> None:
    outcome(codec(name), octets)


@given(st.sampled_from(DOCUMENTS), st.binary(max_size=200), st.integers(0, 60))
def test_any_tail_gives_a_message_or_an_error(
    document: dict[str, Any], tail: bytes, kept: int
) -> None:
    octets = body_of(document)
    outcome(codec(document["specification"]), octets[:kept] + tail)


def test_behind_a_bad_value_the_rest_is_still_read() -> None:
    fields = {"mti": "0100", "2": "4000000000000010", "4": "000000001000", "7": "0527192031"}
    fields |= {"11": "002013", "37": "714719002013", "49": "978"}
    for name in ("iso87_ascii", "iso87_binary", "mastercard_like", "pos_tpdu"):
        known = codec(name)
        octets = known.encode(fields)
        amount = known.decode(octets)["4"]
        good = known.encode({"mti": "0100", "4": amount})[-12:]
        wire = good if good in octets else good[-6:]
        bad = octets.replace(wire, wire[:-1] + b"\xaa")
        with pytest.raises(DecodeError) as caught:
            known.decode(bad)
        assert caught.value.path == "4"
        partial = caught.value.partial
        assert partial is not None
        assert list(partial) == ["2", "7", "11", "37", "49"]
        assert (partial["7"], partial["11"]) == ("0527192031", "002013")
        assert partial["37"] == "714719002013"


def test_behind_a_bad_length_nothing_is_guessed() -> None:
    octets = codec("iso87_ascii").encode(
        {"mti": "0100", "7": "0527192031", "11": "002013", "32": "12345", "37": "714719002013"}
    )
    bad = octets.replace(b"0512345", b"9912345")
    with pytest.raises(
        DecodeError, match="32 at offset 36: expected a length of 0 to 11"
    ) as caught:
        codec("iso87_ascii").decode(bad)
    assert caught.value.partial is not None
    assert list(caught.value.partial) == ["7", "11"]


CHIP = "9F2608AABBCCDDEEFF00115A08400000000000001057134000000000000010D25122010000012345000F"


@pytest.mark.parametrize("content", [CHIP.encode(), CHIP.lower().encode(), bytes.fromhex(CHIP)])
def test_chip_data_in_ascii_is_hex_text_or_bytes_and_shows_no_card(content: bytes) -> None:
    known = codec("iso87_ascii")
    octets = b"0100" + b"0000000000000200" + b"%03d" % len(content) + content
    message = known.decode(octets)
    within = "55" if content[0] == 0x9F else "55.1"
    assert message[f"{within}.9F26"] == "aabbccddeeff0011"
    assert message[f"{within}.5A"] == "400000******0010"
    assert message.reveal(f"{within}.57") == "4000000000000010d25122010000012345000f"
    assert known.encode(message) == octets
    for text in (message["55"], message.to_json().decode("utf-8"), str(message.describe())):
        assert "4000000000000010" not in text
        assert "400000000000" not in text


def test_a_name_may_hold_letters_of_any_country() -> None:
    for name in ("iso87_ascii", "iso87_ascii_binary_bitmap", "base24_like"):
        message = codec(name).decode(
            codec(name).encode({"mti": "0100", "43": "Café Größe".ljust(40)})
        )
        assert message["43"] == "Café Größe".ljust(40)


@pytest.mark.parametrize(
    ("name", "chip"),
    [
        ("pos_tpdu", "9F2648AABBCCDDEEFF00115A084000000000000010"),
        ("iso93_ebcdic", "9F2648AABBCCDDEEFF00115A084000000000000010"),
        ("iso87_ascii_binary_bitmap", "9F2608AABBCCDDEEFF00115A484000000000000010"),
    ],
)
def test_a_tag_that_is_too_long_is_a_fault_and_not_text(name: str, chip: str) -> None:
    known = codec(name)
    mti = "1100" if "93" in name else "0100"
    wire = bytes.fromhex(chip)
    good = known.encode({"mti": mti, "55": "41" * len(wire), "60": "after"})
    assert known.decode(good).reveal("55.1") == "A" * len(wire) if name != "iso93_ebcdic" else True
    with pytest.raises(DecodeError, match=r"^55\.(9F26|5A) at offset \d+: expected at") as caught:
        known.decode(good.replace(b"A" * len(wire), wire))
    assert caught.value.partial is not None
    assert caught.value.partial["60"] == "after"


def test_behind_the_last_element_is_the_end_and_the_fault_names_it() -> None:
    octets = codec("iso87_ascii").encode({"mti": "0800", "11": "000001", "70": "301"})
    with pytest.raises(DecodeError, match="expected the end of the message, found 2 bytes more be"):
        codec("iso87_ascii").decode(octets + b"00")

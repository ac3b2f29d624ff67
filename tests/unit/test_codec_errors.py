"""Bytes that are no message: a DecodeError that can be acted on, and nothing else."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.known_messages import ALL, OWN, PUBLIC, Vector

from cbs.codec import Codec, Message
from cbs.errors import CodecError, DecodeError, EncodeError
from cbs.network import TokenKey

CODEC = Codec.load("visa_like")

HEAD = "0100" + "0000000000000000"


def body(field: int, content: str) -> bytes:
    """A message of one data element."""
    bits = [0, 0, 0]
    bits[(field - 1) // 64] |= 1 << (63 - (field - 1) % 64)
    used = (field - 1) // 64 + 1
    for place in range(used - 1):
        bits[place] |= 1 << 63
    bitmaps = "".join(f"{word:016x}" for word in bits[:used])
    return bytes.fromhex(f"0100{bitmaps}{content}")


@pytest.mark.parametrize(
    ("octets", "path", "offset", "expected", "found"),
    [
        (b"", "mti", 0, "a message type of 2 bytes", "0 bytes"),
        (b"\x01", "mti", 0, "a message type of 2 bytes", "1 byte"),
        (b"\x01\x0a" + bytes(8), "mti", 1, "decimal digits", "a nibble above 9"),
        (bytes.fromhex("0100f2"), "bitmap", 2, "a bitmap of 8 bytes", "1 byte"),
        (bytes.fromhex("01008000000000000000"), "bitmap", 10, "a bitmap of 8 bytes", "0 bytes"),
        (bytes.fromhex(HEAD) + b"\x00", "", 10, "the end of the message", "1 byte more"),
        (body(4, "0000"), "4", 10, "6 bytes", "2 bytes left"),
        (body(4, "00000000a000"), "4", 14, "decimal digits", "a nibble above 9"),
        (body(2, "14" + "00" * 10), "2", 10, "a length of 0 to 19 digits", "length 20"),
        (body(2, ""), "2", 10, "a length of 1 byte", "0 bytes left"),
        (body(141, "00"), "141", 19, "bits that are defined", "bit 141 set, which has no defin"),
        (body(62, "080000000000000001"), "62.64", 18, "bits that are defined", "bit 64 set, which"),
        (body(62, "0102"), "62._bitmap", 11, "a bitmap of 8 bytes", "1 byte"),
        (body(62, "0a8000000000000000f1f2"), "62", 20, "the end of the field", "1 byte more"),
        (body(62, "088000000000000000"), "62.1", 19, "1 byte", "0 bytes left"),
        (body(44, "06f1f1f1f1f1f1"), "44.6", 16, "2 bytes", "1 byte left"),
        (body(55, "020100"), "55", 11, "a data set's id and length, 3 bytes", "2 bytes"),
        (body(55, "040100059f"), "55.01", 12, "at most 1 byte", "length 5"),
        (body(55, "0601000382" + "025c"), "55.82", 15, "at most 1 byte", "length 2"),
        (body(55, "040100019f"), "55.01", 14, "a whole tag", "1 byte left"),
        (body(55, "0501000282" + "80"), "55.82", 15, "a definite length", "none"),
        (body(123, "0766000c02c001f1"), "123.66", 20, "at most 4 bytes", "length 12"),
    ],
    ids=lambda value: value.hex() if isinstance(value, bytes) else str(value),
)
def test_the_error_says_where_and_what(
    octets: bytes, path: str, offset: int, expected: str, found: str
) -> None:
    with pytest.raises(DecodeError) as caught:
        CODEC.decode(octets)
    error = caught.value
    assert (error.path, error.offset) == (path, offset)
    assert f"expected {expected}, found {found}" in str(error)


def test_what_was_read_before_the_fault_is_at_hand() -> None:
    with pytest.raises(DecodeError) as caught:
        CODEC.decode(PUBLIC[1].body[:60])
    partial = caught.value.partial
    assert partial is not None
    assert partial.mti == "0100"
    assert list(partial) == ["2", "3", "4", "7", "11", "14", "18", "19", "22", "25", "32"]
    assert partial["11"] == "002013"
    assert "37" not in partial


@pytest.mark.parametrize("vector", ALL, ids=repr)
def test_a_message_cut_off_anywhere_is_an_error_inside_what_is_left(vector: Vector) -> None:
    for length in range(len(vector.body)):
        with pytest.raises(DecodeError) as caught:
            CODEC.decode(vector.body[:length])
        error = caught.value
        assert error.offset is not None
        assert error.offset <= length
        assert error.path
        assert (error.partial is None) == (length < 2)


@pytest.mark.parametrize("vector", ALL, ids=repr)
def test_a_byte_too_many_is_an_error_at_the_end(vector: Vector) -> None:
    with pytest.raises(DecodeError) as caught:
        CODEC.decode(vector.body + b"\x00")
    assert caught.value.offset == len(vector.body)


def outcome(octets: bytes) -> str:
    """Decode; a message must encode to the same bytes, an error must be one of ours."""
    try:
        message = CODEC.decode(octets)
    except CodecError as error:
        return str(error)
    assert CODEC.encode(message) == octets
    message.describe()
    assert_json_says_all(message)
    return ""


def assert_json_says_all(message: Message) -> None:
    """What JSON reveals is enough to build a message that reveals the same.

    Not the same bytes: a pad nibble that is not zero, or a needlessly long length, is not text.
    """
    document = json.loads(message.to_json(reveal=True))
    try:
        again = CODEC.encode(document)
    except EncodeError as error:
        # stars in a field of card data cannot be told from masked text
        assert "masked text" in str(error)
        return
    assert json.loads(CODEC.decode(again).to_json(reveal=True)) == document


@pytest.mark.parametrize("vector", PUBLIC + OWN[:-1], ids=repr)
def test_any_change_of_any_byte_gives_a_message_or_an_error(vector: Vector) -> None:
    values = sorted({0, 1, 2, 7, 9, 10, 0x19, 0x40, 0x7F, 0x80, 0x81, 0xF0, 0xFF})
    octets = bytearray(vector.body)
    texts = set()
    for place, original in enumerate(vector.body):
        for value in values:
            octets[place] = value
            texts.add(outcome(bytes(octets)))
        octets[place] = original
    pan = vector.body.hex()
    assert all(text.find(pan[22:38]) < 0 for text in texts)
    assert len(texts) > 10


@given(st.binary(max_size=300))
def test_any_bytes_give_a_message_or_an_error(octets: bytes) -> None:
    outcome(octets)


@given(st.binary(max_size=300), st.sampled_from(PUBLIC))
def test_any_tail_gives_a_message_or_an_error(tail: bytes, vector: Vector) -> None:
    outcome(vector.body[:18] + tail)


@given(st.integers(2, 152).filter(lambda field: field not in (65, 129)), st.binary(max_size=255))
def test_any_content_of_a_field_gives_a_message_or_an_error(field: int, content: bytes) -> None:
    outcome(body(field, (bytes([len(content)]) + content).hex()))


def test_no_error_text_repeats_card_data() -> None:
    pan = "4000000000000010"
    for octets in (
        bytes.fromhex("0100" + "6000000000000000" + "10" + pan + "00a000"),
        bytes.fromhex("0100" + "4000000000000000" + "10" + pan + pan),
        bytes.fromhex("0100" + "4000000000000000" + "14" + pan + pan),
        bytes.fromhex(pan * 4),
    ):
        text = outcome(octets)
        assert text
        assert pan[:8] not in text


def test_text_that_is_no_unicode_is_refused_without_a_word_of_it() -> None:
    card = "4000000000000010\ud800"
    for refused in (
        lambda: CODEC.encode({"mti": "0100", "2": card}),
        lambda: CODEC.encode_json(f'{{"mti":"0100","2":"{card}"}}'),
        lambda: TokenKey(bytes(32)).token(card),
    ):
        with pytest.raises(EncodeError, match="lone surrogates") as caught:
            refused()
        assert caught.value.__cause__ is None
        assert caught.value.__context__ is None
        assert "4000000000000010" not in repr(caught.value.args)


def test_a_body_beyond_all_limits_is_refused() -> None:
    with pytest.raises(DecodeError, match="at most 65535 bytes"):
        CODEC.decode(bytes.fromhex(HEAD) + bytes(65_536))


@pytest.mark.parametrize(
    ("name", "content", "text"),
    [
        (
            "iso87_ascii",
            b"4:12A",
            "32 at offset 20: expected a length in decimal digits, found a spec",
        ),
        (
            "iso87_ascii",
            b"5 12345",
            "32 at offset 20: expected a length in decimal digits, found a bla",
        ),
        ("iso87_ascii", b"\xf0\xf5", "found what is a digit in EBCDIC, not in ASCII"),
        ("iso87_ascii", b"0512E45", "32 at offset 24: expected decimal digits, found a letter"),
        (
            "iso87_ascii",
            b"05123\x00\x01",
            "32 at offset 25: expected decimal digits, found a control",
        ),
        (
            "iso87_ascii",
            b"051234",
            "32 at offset 22: expected 5 bytes as its length says, found 4 bytes l",
        ),
        ("iso93_ebcdic", b"0512345", "found what is a digit in ASCII, not in EBCDIC"),
        (
            "iso87_binary",
            b"\x0a\x12",
            "32 at offset 10: expected a length in decimal digits, found a nib",
        ),
    ],
)
def test_what_is_found_is_told_by_its_kind(name: str, content: bytes, text: str) -> None:
    known = Codec.load(name)
    head = known.encode({"mti": "0100" if name.startswith("iso87") else "1100", "32": "1"})
    size = len(known.encode({"mti": "0100", "32": ""}))
    start = size - (1 if name == "iso87_binary" else 2)
    with pytest.raises(DecodeError) as caught:
        known.decode(head[:start] + content)
    assert text in str(caught.value)


def test_a_sign_must_be_a_character_of_the_coding_too() -> None:
    known = Codec.load("iso87_ascii")
    octets = known.encode({"mti": "0100", "28": "C00000100"})
    assert known.decode(octets)["28"] == "C00000100"
    with pytest.raises(DecodeError, match="28 at offset 20: expected a sign and decimal digits"):
        known.decode(octets.replace(b"C", b"\xc3"))

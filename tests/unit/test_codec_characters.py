"""EBCDIC pages by name, and what is done with what a set of characters does not have."""

from __future__ import annotations

import json

import pytest

from cbs.codec import Codec
from cbs.errors import DecodeError, EncodeError, SpecificationError

HEAD = '[message]\ntype_indicator = "ascii"\nbitmap = "hex-ascii"\n'
FIRST = b"01004000000000000000"


def codec_of(field: str, message: str = "") -> Codec:
    return Codec(f'{HEAD}{message}[fields.2]\nname = "a"\nlength = 3\n{field}', name="one")


def test_the_moov_page_is_page_500_over_ascii_but_for_the_bar() -> None:
    moov = codec_of('encoding = "ebcdic"\nebcdic_page = "moov"')
    international = codec_of('encoding = "ebcdic"\nebcdic_page = "500"')
    for text in ("[]!", "^^A", "a{}", "0~`"):
        fields = {"mti": "0100", "2": text}
        assert moov.encode(fields) == international.encode(fields)
    assert moov.encode({"mti": "0100", "2": "a|b"}) == FIRST + b"\x81\x6a\x82"
    assert international.encode({"mti": "0100", "2": "a|b"}) == FIRST + b"\x81\xbb\x82"
    for start in range(0, 255, 3):
        body = FIRST + bytes((start, start + 1, start + 2))
        message = moov.decode(body)
        assert moov.encode(message) == moov.encode(json.loads(message.to_json())) == body
    assert moov.decode(FIRST + b"\x41\x42\xff")["2"] == "\xa0\xa1\xff"


def test_strict_refuses_what_a_set_does_not_have() -> None:
    for unmapped in ("", 'unmapped = "strict"\n'):
        ascii_only = codec_of(unmapped + 'encoding = "ascii"')
        with pytest.raises(DecodeError) as caught:
            ascii_only.decode(FIRST + b"A\xe9B")
        assert (caught.value.path, caught.value.offset) == ("2", 21)
        with pytest.raises(EncodeError, match=r"^2: .* that the set does not have$"):
            ascii_only.encode({"mti": "0100", "2": "A\xe9B"})
        page = codec_of(unmapped + 'encoding = "ebcdic"')
        with pytest.raises(EncodeError, match=r"^2: .* that the set does not have$"):
            page.encode({"mti": "0100", "2": "1\u20ac2"})


def test_replace_shows_and_writes_stand_ins_and_keeps_the_bytes_that_came() -> None:
    codec = codec_of('unmapped = "replace"\nencoding = "ascii"')
    message = codec.decode(FIRST + b"A\xe9B")
    assert message["2"] == "A\ufffdB"
    assert codec.encode(message) == FIRST + b"A\xe9B"
    assert codec.encode({"mti": "0100", "2": "A\xe9B"}) == FIRST + b"A?B"
    page = codec_of('unmapped = "replace"\nencoding = "ebcdic"\nebcdic_page = "1047"')
    assert page.encode({"mti": "0100", "2": "1\u20ac2"}) == FIRST + b"\xf1\x6f\xf2"
    digits = codec_of('unmapped = "replace"\nencoding = "ebcdic"\nclass = "n"')
    with pytest.raises(EncodeError, match="2: expected decimal digits"):
        digits.encode({"mti": "0100", "2": "1\u20ac2"})


def test_lossless_has_a_character_for_every_byte() -> None:
    codec = codec_of('unmapped = "lossless"\nencoding = "ascii"')
    for start in range(0, 255, 3):
        body = FIRST + bytes((start, start + 1, start + 2))
        message = codec.decode(body)
        assert codec.encode(message) == codec.encode(json.loads(message.to_json())) == body
    assert codec.decode(FIRST + b"A\xe9B")["2"] == "A\uf7e9B"
    with pytest.raises(EncodeError, match="a character that the set does not have"):
        codec.encode({"mti": "0100", "2": "A\xe9B"})


def test_the_policy_is_that_of_the_file_unless_the_field_has_its_own() -> None:
    codec = codec_of('encoding = "ascii"', message='unmapped = "replace"\n')
    assert codec.decode(FIRST + b"A\xe9B")["2"] == "A\ufffdB"
    own = codec_of('encoding = "ascii"\nunmapped = "strict"', message='unmapped = "replace"\n')
    with pytest.raises(DecodeError):
        own.decode(FIRST + b"A\xe9B")
    with pytest.raises(SpecificationError, match=r"fields\.2\.unmapped: only text"):
        codec_of('encoding = "binary"\nunmapped = "replace"')
    with pytest.raises(SpecificationError, match="known: strict, replace, lossless"):
        codec_of('encoding = "ascii"\nunmapped = "guess"')

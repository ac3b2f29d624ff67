"""JSON both ways: the documented shape, masked unless revealed, and read without detours."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.known_messages import ALL, Vector

from cbs.codec import Codec
from cbs.errors import EncodeError

REFERENCE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "json.md"


def blocks(language: str) -> list[str]:
    """The fenced blocks of the reference page in one language."""
    return re.findall(rf"```{language}\n(.*?)```", REFERENCE.read_text(), re.DOTALL)


def test_the_documented_shape_is_the_one_written(visa_codec: Codec) -> None:
    given, written, revealed = blocks("json")
    message = visa_codec.decode(visa_codec.encode_json(given))
    assert json.loads(message.to_json()) == json.loads(written)
    assert json.loads(message.to_json(reveal=True)) == json.loads(revealed)
    assert list(json.loads(message.to_json())) == list(json.loads(written))
    assert visa_codec.encode_json(revealed) == visa_codec.encode(message)


@pytest.mark.parametrize("vector", ALL, ids=repr)
def test_revealed_json_gives_the_same_bytes_again(visa_codec: Codec, vector: Vector) -> None:
    document = visa_codec.decode(vector.body).to_json(reveal=True)
    assert visa_codec.encode_json(document) == vector.body
    assert visa_codec.encode_json(document.decode()) == vector.body


@pytest.mark.parametrize("vector", ALL, ids=repr)
def test_masked_json_shows_no_card_and_gives_no_message(visa_codec: Codec, vector: Vector) -> None:
    message = visa_codec.decode(vector.body)
    document = message.to_json()
    if b"*" in document:
        with pytest.raises(EncodeError, match="masked text"):
            visa_codec.encode_json(document)
    if "2" in message:
        assert message.reveal("2").encode() not in document


@pytest.mark.parametrize(
    "document",
    [
        {"mti": "0100", "4": 4250},
        {"mti": "0100", "4": "42"},
        {"mti": "0100", "62": {"9": "Y"}},
        {"mti": "0100", "62": {"1": True}},
        {"mti": "0100", "55": {"9F26": None}},
        {"mti": "0100", "amount": "1"},
        {"mti": "0100", "2": "400000******0010"},
        {"4": "000000004250"},
        {"mti": ["0100"]},
        ["0100"],
        "0100",
    ],
    ids=str,
)
def test_errors_are_those_of_mappings(visa_codec: Codec, document: Any) -> None:
    with pytest.raises(EncodeError) as from_mapping:
        visa_codec.encode(document)
    with pytest.raises(EncodeError) as from_json:
        visa_codec.encode_json(json.dumps(document))
    assert str(from_json.value) == str(from_mapping.value)
    assert from_json.value.path == from_mapping.value.path


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ("", "expected JSON, found something else at line 1, column 0"),
        ('{"2": "4000000000000010"', "line 1, column 24"),
        ('{"2": "4000000000000010" "4"}', "line 1, column 26"),
        ('{"mti": "0100"} {}', "line 1, column 17"),
        ('{"mti": "\\ud800"}', "line 1"),
        (b"\xff", "line 1"),
        ('{"4": "0", "4": "1"}', "4: expected each key once, found it twice"),
        ('{"4":' * 40 + "1" + "}" * 40, "expected less nesting"),
    ],
)
def test_what_is_no_document_is_told_without_its_text(
    visa_codec: Codec, document: str | bytes, told: str
) -> None:
    with pytest.raises(EncodeError, match=re.escape(told)) as caught:
        visa_codec.encode_json(document)
    assert "4000000000000010" not in str(caught.value)


@given(st.text() | st.binary())
def test_any_text_gives_bytes_or_an_encode_error(document: str | bytes) -> None:
    codec = Codec.load("visa_like")
    try:
        codec.encode_json(document)
    except EncodeError:
        return
    except UnicodeEncodeError:
        assert isinstance(document, str)
        assert any("\ud800" <= character <= "\udfff" for character in document)

"""Every known message decodes field by field and comes back byte for byte."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from tests.unit.known_messages import ALL, OWN, PUBLIC, Vector

from cbs.codec import Codec

SENSITIVE = ("2", "34", "35", "36", "45", "52", "126.10", "152", "55.5A", "55.57", "123.68.01")
"""Paths that hold card data."""


def nested_values(subfields: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Path and text of everything below `subfields`; data sets and repeats by their first."""
    for key, value in subfields.items():
        first = value[0] if isinstance(value, list) else value
        if isinstance(first, dict):
            for path, text in nested_values(first):
                yield f"{key}.{path}", text
        else:
            yield key, first


@pytest.mark.parametrize("vector", ALL, ids=repr)
def test_every_field_has_its_value(visa_codec: Codec, vector: Vector) -> None:
    message = visa_codec.decode(vector.body)
    for path, text in vector.values.items():
        assert message.reveal(path) == text, path
    assert message.mti == vector.values["mti"]
    assert message.bitmap == vector.values.get("bitmap", message.bitmap)


@pytest.mark.parametrize("vector", ALL, ids=repr)
def test_every_subfield_has_its_value(visa_codec: Codec, vector: Vector) -> None:
    message = visa_codec.decode(vector.body)
    for path, text in nested_values(vector.subfields):
        assert message.reveal(path) == text, path
        assert message.reveal(path.lower()) == text, path


@pytest.mark.parametrize("vector", ALL, ids=repr)
def test_the_json_shape_is_that_of_the_vectors(visa_codec: Codec, vector: Vector) -> None:
    document = json.loads(visa_codec.decode(vector.body).to_json(reveal=True))
    assert document | vector.values == document
    for number, nested in vector.subfields.items():
        shown = document["subfields"][number]
        assert (shown if isinstance(nested, list) else shown | nested) == shown
        if isinstance(nested, list):
            assert nested == shown


@pytest.mark.parametrize("vector", OWN, ids=repr)
def test_our_messages_hold_exactly_what_they_say(visa_codec: Codec, vector: Vector) -> None:
    document = json.loads(visa_codec.decode(vector.body).to_json(reveal=True))
    document.pop("subfields")
    assert document == vector.values


@pytest.mark.parametrize("vector", ALL, ids=repr)
def test_a_decoded_message_is_encoded_to_the_same_bytes(visa_codec: Codec, vector: Vector) -> None:
    assert visa_codec.encode(visa_codec.decode(vector.body)) == vector.body


@pytest.mark.parametrize("vector", ALL, ids=repr)
def test_revealed_json_is_encoded_to_the_same_bytes(visa_codec: Codec, vector: Vector) -> None:
    document = json.loads(visa_codec.decode(vector.body).to_json(reveal=True))
    assert visa_codec.encode(document) == vector.body


@pytest.mark.parametrize("vector", PUBLIC, ids=repr)
def test_nested_values_alone_are_enough_to_encode(visa_codec: Codec, vector: Vector) -> None:
    document = json.loads(visa_codec.decode(vector.body).to_json(reveal=True))
    for number in document["subfields"]:
        del document[number]
    assert visa_codec.encode(document) == vector.body


# the last of ours repeats its values from field to field, so that nothing in it is secret
@pytest.mark.parametrize("vector", ALL[:-1], ids=repr)
def test_card_data_is_shown_in_asterisks(visa_codec: Codec, vector: Vector) -> None:
    message = visa_codec.decode(vector.body)
    for path, shown in vector.masked.items():
        assert message[path] == shown, path
    for path in filter(message.__contains__, SENSITIVE):
        clear = message.reveal(path)
        for text in (message.to_json().decode(), repr(message), str(message.describe())):
            assert clear not in text, path


@pytest.mark.parametrize("vector", ALL, ids=repr)
def test_describe_names_every_row_and_starts_with_its_parent(
    visa_codec: Codec, vector: Vector
) -> None:
    message = visa_codec.decode(vector.body)
    rows = message.describe()
    paths = [path for path, _, _ in rows]
    assert [path for path in paths if "." not in path] == list(message)
    assert all(name for _, name, _ in rows)
    for path in paths:
        assert "." not in path or paths.index(path.rpartition(".")[0]) < paths.index(path)


def test_a_message_reads_like_a_mapping(visa_codec: Codec) -> None:
    message = visa_codec.decode(PUBLIC[1].body)
    assert list(message)[:3] == ["2", "3", "4"]
    assert len(message) == len(list(message)) == 20
    assert "4" in message
    assert "62.1" in message
    assert "5" not in message
    assert 4 not in message
    assert message.get("5") is None
    assert message.get("5", "none") == "none"
    with pytest.raises(KeyError, match=r"^'5'$"):
        message["5"]


def test_a_masked_account_number_survives(visa_codec: Codec) -> None:
    message = visa_codec.decode(PUBLIC[2].body)
    assert message.reveal("2") == "412435ffffff0019"
    assert message["2"] == "412435******0019"


def test_a_pad_nibble_that_is_not_zero_is_kept(visa_codec: Codec) -> None:
    body = bytes.fromhex("0100" + "0000000000008000" + "1978")
    message = visa_codec.decode(body)
    assert message["49"] == "978"
    assert visa_codec.encode(message) == body


def test_an_empty_second_bitmap_is_kept(visa_codec: Codec) -> None:
    body = bytes.fromhex("0800" + "8020000000000000" + "00" * 8 + "002013")
    message = visa_codec.decode(body)
    assert visa_codec.encode(message) == body
    assert visa_codec.encode(json.loads(message.to_json())) == body


def test_tags_are_found_with_and_without_their_data_set(visa_codec: Codec) -> None:
    message = visa_codec.decode(next(it for it in OWN if "data sets in" in it.name).body)
    assert message["104._dataset"] == "57"
    assert message["104.01"] == message["104.57.01"] == "PP"
    assert message["104.5F.01"] == message["104.5f.01"] == "REF1"
    assert message["123.66.C0"] == message["123.c0"] == "75008"
    assert message["104.57"] == "0102d7d7"
    for path in ("104.66.01", "104.0", "104.01g", "104.5F.0102", "104.01.01", "04", "104.", ""):
        assert message.get(path) is None, path


def test_an_account_number_is_starred_in_any_data_set(visa_codec: Codec) -> None:
    octets = visa_codec.encode({"mti": "0100", "55": {"_dataset": "7f", "5A": "4000000000000010"}})
    message = visa_codec.decode(octets)
    assert message["55.7F.5A"] == "400000******0010"
    assert message["55"] == "7f000a5a08400000******0010"


def test_control_characters_are_escaped_in_json(visa_codec: Codec) -> None:
    body = bytes.fromhex("0110" + "0000000002000000" + "007f")
    assert json.loads(visa_codec.decode(body).to_json())["39"] == '\x00"'

"""Mappings to bytes: every shape, and every way in which a value can be wrong."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

import pytest

from cbs.codec import Codec
from cbs.errors import EncodeError

PAN = "4000000000000010"


def encoded(codec: Codec, **fields: Any) -> str:
    mapping = {"mti": "0100"} | {key.removeprefix("f"): value for key, value in fields.items()}
    return codec.encode(mapping).hex()


@pytest.mark.parametrize(
    "mapping",
    [
        {"62": "c000000000000000e80467303085254670"},
        {"62": {"1": "Y", "2": "467303085254670"}},
        {"62": {"2": "467303085254670", "1": "Y"}},
        {"62.1": "Y", "62.2": "467303085254670"},
        {"62": {"1": "Y"}, "62.2": "467303085254670"},
        {"subfields": {"62": {"1": "Y", "2": "467303085254670"}}},
        {"subfields": {"62": {"_bitmap": "c000000000000000", "1": "Y"}}, "62.2": "467303085254670"},
        {
            "62": "c000000000000000e80467303085254670",
            "subfields": {"62": {"1": "Y", "2": "467303085254670"}},
        },
    ],
    ids=str,
)
def test_the_same_composite_can_be_given_in_every_shape(
    visa_codec: Codec, mapping: dict[str, Any]
) -> None:
    octets = visa_codec.encode({"mti": "0100", **mapping})
    assert octets.hex() == "01000000000000000004" + "11c000000000000000e80467303085254670"


@pytest.mark.parametrize(
    "mapping",
    [
        {"55": {"_dataset": "01", "9F26": "0102", "5A": PAN}},
        {"55": {"9f26": "0102", "5a": PAN}},
        {"55.9F26": "0102", "55.5A": PAN},
        {"55": [{"_dataset": "01", "9F26": "0102", "5A": PAN}]},
        {"55": {"01": {"9F26": "0102", "5A": PAN}}},
        {"55": "0100" + "0f9f260201025a08" + PAN},
    ],
    ids=str,
)
def test_chip_data_can_be_given_in_every_shape(visa_codec: Codec, mapping: dict[str, Any]) -> None:
    octets = visa_codec.encode({"mti": "0100", **mapping})
    assert octets.hex() == "01000000000000000200" + "120100" + "0f9f260201025a08" + PAN


def test_repeated_tags_templates_and_several_data_sets_are_written(visa_codec: Codec) -> None:
    octets = visa_codec.encode(
        {
            "mti": "0100",
            "55": {"72": {"9F18": "01", "86": ["aa", "bb"]}},
            "123": [{"_dataset": "66", "C0": "75008"}, {"_dataset": "67", "80": "00"}],
        }
    )
    message = visa_codec.decode(octets)
    assert message["55"] == "01000c" + "720a" + "9f180101" + "8601aa" + "8601bb"
    assert message["123"] == "660007c005f7f5f0f0f8" + "670003800100"
    dotted = visa_codec.encode({"mti": "0100", "123.66.C0": "75008"})
    assert visa_codec.decode(dotted)["123"] == "660007c005f7f5f0f0f8"


def test_long_values_get_long_lengths(visa_codec: Codec) -> None:
    octets = visa_codec.encode({"mti": "0100", "55.9F10": "00" * 200})
    assert visa_codec.decode(octets).reveal("55").startswith("0100cc9f1081c8")


def test_an_odd_number_of_digits_has_its_zero_on_the_left(visa_codec: Codec) -> None:
    assert encoded(visa_codec, f49="978").endswith("0978")
    assert encoded(visa_codec, f2="123456789012345").endswith("0f0123456789012345")


def test_a_star_of_its_own_is_no_mask(visa_codec: Codec) -> None:
    for text in ("AB*CD", "ACCOUNT*1234567890", "*"):
        octets = visa_codec.encode({"mti": "0100", "43": text.ljust(40), "103": "1" + text})
        assert visa_codec.decode(octets).reveal("103") == "1" + text


def test_any_mapping_and_tuples_will_do(visa_codec: Codec) -> None:
    mapping = MappingProxyType({"mti": "0100", "55": MappingProxyType({"9F5B": ("01", "02")})})
    assert visa_codec.encode(mapping).hex().endswith("9f5b01019f5b0102")


@pytest.mark.parametrize(
    ("mapping", "path", "wanted"),
    [
        ({}, "mti", "a message type"),
        ({"mti": "100"}, "mti", "four digits"),
        ({"mti": "01a0"}, "mti", "four digits"),
        ({"mti": "0100", "1": "00"}, "1", "an element of this dialect"),
        ({"mti": "0100", "65": "0"}, "65", "an element of this dialect"),
        ({"mti": "0100", "141": "00"}, "141", "an element of this dialect"),
        ({"mti": "0100", "500": "00"}, "500", "an element of this dialect"),
        ({"mti": "0100", "amount": "00"}, "amount", "the number of a data element"),
        ({"mti": "0100", "4": 4250}, "4", "a text, a list or a mapping"),
        ({"mti": "0100", "4": "4250"}, "4", "12 digits, found 4"),
        ({"mti": "0100", "4": "00000000425x"}, "4", "decimal digits"),
        ({"mti": "0100", "4": "00000000425a"}, "4", "decimal digits"),
        ({"mti": "0100", "4": "00000000425\u0663"}, "4", "decimal digits"),
        ({"mti": "0100", "4": {"1": "00"}}, "4", "a text"),
        ({"mti": "0100", "2": "4" * 20}, "2", "0 to 19 digits, found 20"),
        ({"mti": "0100", "2": "400000******0010"}, "2", "found masked text"),
        ({"mti": "0100", "35": "*" * 37}, "35", "found masked text"),
        ({"mti": "0100", "45": "*" * 30}, "45", "found masked text"),
        ({"mti": "0100", "52": "*" * 16}, "52", "found masked text"),
        ({"mti": "0100", "126.10": "******"}, "126.10", "found masked text"),
        ({"mti": "0100", "102": "400000******0010"}, "102", "found masked text"),
        ({"mti": "0100", "102": "********"}, "102", "found masked text"),
        ({"mti": "0100", "55.5A": "400000******0010"}, "55.5A", "found masked text"),
        ({"mti": "0100", "39": "0"}, "39", "2 characters, found 1"),
        ({"mti": "0100", "39": "0\u20ac"}, "39", "characters of its set"),
        ({"mti": "0100", "52": "0123456789abcdeg"}, "52", "hex digits"),
        ({"mti": "0100", "52": "0123456789abcde"}, "52", "whole bytes"),
        ({"mti": "0100", "48": "x" * 256}, "48", "0 to 255 characters"),
        ({"mti": "0100", "60": "123"}, "60", "whole bytes"),
        ({"mti": "0100", "60": {"1": "12"}}, "60.1", "1 digit, found 2"),
        ({"mti": "0100", "60": {"1": "1", "3": "1"}}, "60.3", "parts from the first one on"),
        ({"mti": "0100", "3": {"1": "00", "2": "00"}}, "3", "6 digits, found 4"),
        ({"mti": "0100", "62": "ff"}, "62._bitmap", "a bitmap of 8 bytes"),
        ({"mti": "0100", "62": {"1": "YY"}}, "62.1", "1 character, found 2"),
        ({"mti": "0100", "62": {"7": "Y"}}, "62.7", "a bit that is defined"),
        ({"mti": "0100", "62": {"_bitmap": "00" * 8, "1": "Y"}}, "62._bitmap", "the bitmap of"),
        ({"mti": "0100", "62.1": "Y", "62": {"1": "E"}}, "62.1", "one value, found two"),
        ({"mti": "0100", "62": "8000000000000000e8", "62.1": "E"}, "62", "that agree"),
        ({"mti": "0100", "62": "8000000000000000e8", "62.4": "E"}, "62", "that agree"),
        ({"mti": "0100", "55": {"9F": "00"}}, "55.9F", "a BER-TLV tag"),
        ({"mti": "0100", "55": {"9F2601": "00"}}, "55.9F2601", "a BER-TLV tag"),
        ({"mti": "0100", "55": {"9F26": "0"}}, "55.9F26", "whole bytes"),
        ({"mti": "0100", "55.9F26": "00" * 256}, "55", "0 to 255 bytes"),
        ({"mti": "0100", "123": {"C0": "75008"}}, "123.C0", "a data set around it"),
        ({"mti": "0100", "123": {"_dataset": "6", "C0": "1"}}, "123._dataset", "two hex digits"),
        ({"mti": "0100", "bitmap": "00" * 8, "39": "00"}, "bitmap", "the bitmap of the elements"),
        ({"mti": "0100", "subfields": "00"}, "subfields", "nested values"),
    ],
    ids=lambda value: str(value)[:60],
)
def test_a_wrong_value_is_an_error_at_its_path(
    visa_codec: Codec, mapping: dict[str, Any], path: str, wanted: str
) -> None:
    with pytest.raises(EncodeError) as caught:
        visa_codec.encode(mapping)
    assert caught.value.path == path
    assert wanted in str(caught.value)


def test_no_error_text_repeats_a_value_or_a_stray_key(visa_codec: Codec) -> None:
    for mapping in (
        {"mti": "0100", "2": PAN + "00000"},
        {"mti": "0100", "4": PAN},
        {"mti": "0100", PAN: "00"},
        {"mti": "0100", "55": {PAN: "00"}},
        {"mti": "0100", "62": {PAN: {"1": 5}}},
        {"mti": PAN},
        {"mti": "0100", "bitmap": PAN},
    ):
        with pytest.raises(EncodeError) as caught:
            visa_codec.encode(mapping)
        assert PAN[:10] not in str(caught.value)
        assert PAN[:10] not in caught.value.path


def test_what_is_no_message_at_all_is_an_encode_error(visa_codec: Codec) -> None:
    for thing in (None, 5, b"0100", ["0100"], "0100"):
        with pytest.raises(EncodeError):
            visa_codec.encode(thing)  # type: ignore[arg-type]


def test_nesting_has_a_limit(visa_codec: Codec) -> None:
    deep: Any = "00"
    for _ in range(100):
        deep = {"72": deep}
    with pytest.raises(EncodeError, match="less nesting"):
        visa_codec.encode({"mti": "0100", "55": deep})

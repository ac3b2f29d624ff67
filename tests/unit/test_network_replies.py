"""What goes back to the network: the reply to each message, and messages of our own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from cbs.codec import Codec, Message
from cbs.errors import DecodeError, EncodeError
from cbs.network import RECORD_COLUMNS, Profile, Request

PAN = "4000000000000010"
REQUEST: dict[str, Any] = {
    "mti": "0100",
    "2": PAN,
    "3": "000000",
    "4": "000000015000",
    "6": "000000015000",
    "7": "0527192031",
    "11": "002013",
    "12": "212031",
    "13": "0527",
    "14": "2912",
    "18": "5542",
    "22": "0510",
    "23": "001",
    "25": "00",
    "32": "476173",
    "33": "476174",
    "35": f"{PAN}d29122010000000000000",
    "37": "714719002013",
    "41": "TERM0001",
    "42": "MERCHANT0000001",
    "43": "RING ROAD FUEL           GHENT        BE",
    "45": "B4000000000000010^A/B^2912201",
    "49": "978",
    "51": "978",
    "52": "0123456789abcdef",
    "53": "2001010100000000",
    "60": "000000000001",
    "62": {"1": "Y", "2": "467303085254670"},
    "63": {"1": "0002"},
    "126": {"10": "11 888"},
}
ECHOED = ["2", "3", "4", "6", "7", "11", "12", "13", "25", "32", "33", "37", "41", "42", "49"]
ECHOED += ["51", "62", "63"]
NEVER = ["14", "35", "36", "45", "52", "53", "55", "126"]

Read = Callable[..., Request]


@pytest.fixture
def answer(read_fields: Read, visa_profile: Profile, visa_codec: Codec) -> Callable[..., Message]:
    def answer(fields: dict[str, Any], response_code: str, **decision: Any) -> Message:
        request = read_fields(fields)
        return visa_codec.decode(visa_profile.reply(request, response_code, **decision))

    return answer


def test_an_approval_echoes_what_the_network_knows_it_by(answer: Callable[..., Message]) -> None:
    reply = answer(REQUEST, "00", authorization_code="A1B2C3")
    assert reply.mti == "0110"
    assert list(reply) == sorted([*ECHOED, "38", "39"], key=int)
    assert (reply["38"], reply["39"]) == ("A1B2C3", "00")
    for path in ("3", "4", "7", "11", "32", "37", "41", "42", "49", "62.1", "62.2", "63.1"):
        expected: Any = REQUEST
        for key in path.split("."):
            expected = expected[key]
        assert reply[path] == expected, path
    assert reply.reveal("2") == PAN


def test_expiry_tracks_pin_and_chip_data_never_come_back(answer: Callable[..., Message]) -> None:
    chip = {"55": {"_dataset": "01", "9F26": "0102030405060708", "9F36": "0001"}}
    for fields in (REQUEST, REQUEST | chip):
        reply = answer(fields, "00", authorization_code="A1B2C3")
        assert [path for path in NEVER if path in reply] == []


def test_echoed_elements_are_the_very_bytes_of_the_request(
    visa_codec: Codec, visa_profile: Profile
) -> None:
    fields = {path: value for path, value in REQUEST.items() if path not in {"62", "63"}}
    # the bitmap of 62 announces a part that a strict reading of it would write differently
    plain = visa_codec.encode(fields | {"62": "4000000000000000" + "0303085254670208"})
    message = visa_codec.decode(plain)
    request = visa_profile.read(message, received_at_us=1_811_000_000_000_000)
    reply = visa_profile.reply(request, "51")
    assert bytes.fromhex("104000000000000000" + "0303085254670208") in reply


def test_a_decline_carries_neither_code_nor_amounts_of_its_own(
    answer: Callable[..., Message],
) -> None:
    reply = answer(REQUEST, "51")
    assert reply["39"] == "51"
    assert "38" not in reply
    assert "54" not in reply
    assert reply["4"] == REQUEST["4"]


def test_a_partial_approval_replaces_the_amounts(answer: Callable[..., Message]) -> None:
    original = "0057978D000000015000"
    reply = answer(
        REQUEST,
        "10",
        authorization_code="A1B2C3",
        amount_minor=8000,
        billing_amount_minor=7999,
        billing_currency="978",
        additional_amounts=original,
    )
    assert (reply["4"], reply["6"], reply["51"]) == ("000000008000", "000000007999", "978")
    assert (reply["39"], reply["54"]) == ("10", original)


@pytest.mark.parametrize(
    ("request_type", "reply_type"),
    [
        ("0100", "0110"),
        ("0101", "0110"),
        ("0120", "0130"),
        ("0121", "0130"),
        ("0200", "0210"),
        ("0201", "0210"),
        ("0220", "0230"),
        ("0221", "0230"),
        ("0400", "0410"),
        ("0401", "0410"),
        ("0420", "0430"),
        ("0421", "0430"),
    ],
)
def test_the_type_of_a_reply_follows_that_of_its_message(
    answer: Callable[..., Message], request_type: str, reply_type: str
) -> None:
    assert answer(REQUEST | {"mti": request_type}, "00").mti == reply_type


def test_a_reversal_gets_its_original_and_replacement_back(
    answer: Callable[..., Message],
) -> None:
    original = "0100" + "002011" + "0527190000" + "00000476173" + "0" * 11
    replacement = "000000003000" + "0" * 30
    reply = answer(REQUEST | {"mti": "0421", "90": original, "95": replacement}, "00")
    assert (reply["90"], reply["95"]) == (original, replacement)


def test_a_format_error_is_answered_with_the_keys_that_were_read(
    answer: Callable[..., Message],
) -> None:
    fields = {path: value for path, value in REQUEST.items() if path not in {"4", "37"}}
    reply = answer(fields, "30")
    assert reply["39"] == "30"
    assert reply["11"] == "002013"
    assert "4" not in reply
    assert "37" not in reply


def test_a_request_that_cannot_be_decoded_is_answered_with_all_but_the_fault(
    visa_profile: Profile, visa_codec: Codec
) -> None:
    fields = {path: REQUEST[path] for path in ("mti", "2", "3", "4", "7", "11", "49", "63")}
    body = visa_codec.encode(fields).replace(bytes.fromhex("0978"), bytes.fromhex("097a"))
    with pytest.raises(DecodeError) as caught:
        visa_codec.decode(body)
    partial = caught.value.partial
    assert partial is not None
    request = visa_profile.read(partial, received_at_us=0, format_error=caught.value.path)
    assert request.kind == "decide"
    assert dict(zip(RECORD_COLUMNS, request.record, strict=True))["format_error"] == "49"
    reply = visa_codec.decode(visa_profile.reply(request, "30"))
    assert list(reply) == ["2", "3", "4", "7", "11", "39", "63"]


def test_a_value_that_does_not_fit_is_an_error_that_names_its_element(
    read_fields: Read, visa_profile: Profile
) -> None:
    with pytest.raises(EncodeError) as caught:
        visa_profile.reply(read_fields(REQUEST), "00", amount_minor=10**12)
    assert caught.value.path == "4"
    assert PAN not in str(caught.value)


@pytest.mark.parametrize("code", ["001", "002", "301"])
def test_network_management_of_a_known_code_is_accepted(
    answer: Callable[..., Message], read_fields: Read, code: str
) -> None:
    fields = {"mti": "0800", "7": "0527192031", "11": "000042", "70": code}
    request = read_fields(fields)
    assert (request.kind, request.refusal) == ("network_management", None)
    assert request.network_management_code == code
    reply = answer(fields, "00")
    assert reply.mti == "0810"
    assert [reply[path] for path in ("7", "11", "39", "70")] == ["0527192031", "000042", "00", code]


@pytest.mark.parametrize(("management", "refusal"), [({"70": "999"}, "12"), ({}, "30")])
def test_network_management_that_nobody_knows_is_refused(
    read_fields: Read, management: dict[str, str], refusal: str
) -> None:
    request = read_fields({"mti": "0800", "7": "0527192031", "11": "000042"} | management)
    assert (request.kind, request.refusal) == ("network_management", refusal)


@pytest.mark.parametrize(
    ("mti", "kind", "refusal"),
    [
        ("0110", "response", None),
        ("0130", "response", None),
        ("0810", "response", None),
        ("0102", "refuse", "12"),
        ("0160", "refuse", "12"),
        ("0180", "ignore", None),
        ("0140", "ignore", None),
        ("0620", "ignore", None),
        ("1100", "ignore", None),
    ],
)
def test_other_message_types_have_their_kind(
    read_fields: Read, mti: str, kind: str, refusal: str | None
) -> None:
    request = read_fields({"mti": mti, "7": "0527192031", "11": "000042"})
    assert (request.kind, request.refusal, request.message_type) == (kind, refusal, mti)
    with pytest.raises(ValueError, match="record"):
        _ = request.record


@pytest.mark.parametrize("mti", ["0100", "0420", "0800", "0102"])
@pytest.mark.parametrize("path", ["7", "11"])
def test_without_time_or_trace_number_nothing_is_answered(
    read_fields: Read, visa_profile: Profile, mti: str, path: str
) -> None:
    fields = REQUEST | {"mti": mti, "70": "301"}
    del fields[path]
    request = read_fields(fields)
    assert request.kind == "ignore"
    with pytest.raises(EncodeError, match="no reply"):
        visa_profile.reply(request, "30")


def test_a_message_of_our_own_names_its_time_and_code(
    visa_profile: Profile, visa_codec: Codec
) -> None:
    at = int(datetime(2028, 2, 29, 23, 59, 58, tzinfo=UTC).timestamp()) * 1_000_000 + 999_999
    message = visa_codec.decode(
        visa_profile.network_management("301", stan=42, transmitted_at_us=at)
    )
    assert message.mti == "0800"
    assert {path: message[path] for path in message} == {
        "7": "0229235958",
        "11": "000042",
        "70": "301",
    }

"""What a message says, as the columns of its authorization record."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from cbs.network import RECORD_COLUMNS, Request, TokenKey

PAN = "4000000000000010"
TRACK_2 = f"{PAN}d29122010000000000000"

PURCHASE: dict[str, Any] = {
    "mti": "0100",
    "2": PAN,
    "3": "000000",
    "4": "000000004250",
    "7": "0527192031",
    "11": "002013",
    "12": "212031",
    "13": "0527",
    "14": "2912",
    "18": "5942",
    "19": "620",
    "22": "0510",
    "25": "00",
    "32": "00000476173",
    "33": "00000000012",
    "35": TRACK_2,
    "37": "714719002013",
    "41": "TERM0001",
    "42": "MERCHANT0000001",
    "43": "HARBOUR BOOKS            LISBON       PT",
    "49": "978",
    "52": "0123456789abcdef",
    "60": {"1": "0", "2": "5"},
    "62": {"2": "467303085254670"},
    "63": {"1": "0002"},
}

Read = Callable[..., Request]


def columns(request: Request) -> dict[str, Any]:
    return dict(zip(RECORD_COLUMNS, request.record, strict=True))


def microseconds(*date: int) -> int:
    return int(datetime(*date, tzinfo=UTC).timestamp()) * 1_000_000  # type: ignore[misc, arg-type]


def without(fields: dict[str, Any], *paths: str) -> dict[str, Any]:
    return {path: value for path, value in fields.items() if path not in paths}


def test_a_chip_purchase_fills_the_columns_of_its_record(
    read_fields: Read, token_key: TokenKey
) -> None:
    request = read_fields(PURCHASE)
    record = columns(request)
    identity_key, trace_id = record.pop("identity_key"), record.pop("trace_id")
    assert record == {
        "network": "visa_like",
        "message_type": "0100",
        "card_token": token_key.token(PAN),
        "pan_masked": "400000******0010",
        "format_error": None,
        "processing_code": "000000",
        "amount_minor": 4250,
        "currency": "978",
        "billing_amount_minor": None,
        "billing_currency": None,
        "transmitted_at_us": microseconds(2027, 5, 27, 19, 20, 31),
        "stan": "002013",
        "local_time": "212031",
        "local_date": "0527",
        "expiry": "2912",
        "merchant_category_code": "5942",
        "acquirer_country": "620",
        "acquirer_id": "476173",
        "forwarder_id": "12",
        "pos_entry_mode": "0510",
        "pos_condition_code": "00",
        "entry": "chip",
        "card_present": True,
        "pin_present": True,
        "partial_approval": False,
        "account_verification": False,
        "retrieval_reference": "714719002013",
        "authorization_code": None,
        "advice_response_code": None,
        "terminal_id": "TERM0001",
        "merchant_id": "MERCHANT0000001",
        "merchant_name": "HARBOUR BOOKS            LISBON       PT",
        "lifecycle_id": "467303085254670",
        "original_message_type": None,
        "original_stan": None,
        "original_transmitted_at_us": None,
        "original_acquirer_id": None,
        "replacement_amount_minor": None,
        "replacement_billing_amount_minor": None,
        "reason_code": None,
        "received_at_us": microseconds(2027, 5, 27, 19, 20, 33),
    }
    assert len(identity_key) == len(trace_id) == 16
    assert int.from_bytes(identity_key[:4]) * 1_000_000 == record["transmitted_at_us"]
    assert request.kind == "decide"
    assert request.card_token == record["card_token"]
    assert request.pan_masked == "400000******0010"
    assert (request.stan, request.is_advice, request.refusal) == ("002013", False, None)


def test_a_repeat_shares_the_identity_of_its_request_and_an_advice_does_not(
    read_fields: Read,
) -> None:
    records = {
        mti: columns(read_fields(PURCHASE | {"mti": mti})) for mti in ("0100", "0101", "0120")
    }
    assert records["0100"]["identity_key"] == records["0101"]["identity_key"]
    assert records["0100"]["identity_key"] != records["0120"]["identity_key"]
    assert records["0100"]["trace_id"] != records["0101"]["trace_id"]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("2", "4000000000000028"),
        ("7", "0527192032"),
        ("11", "002014"),
        ("32", "00000476174"),
        ("37", "714719002014"),
    ],
)
def test_every_part_of_the_identity_counts(read_fields: Read, path: str, value: str) -> None:
    changed = columns(read_fields(PURCHASE | {path: value}))["identity_key"]
    assert changed != columns(read_fields(PURCHASE))["identity_key"]


def test_padding_of_the_acquirer_does_not_change_the_identity(read_fields: Read) -> None:
    unpadded = columns(read_fields(PURCHASE | {"32": "476173"}))
    assert unpadded["identity_key"] == columns(read_fields(PURCHASE))["identity_key"]


@pytest.mark.parametrize(
    ("mode", "condition", "entry", "card_present"),
    [
        ("0510", "00", "chip", True),
        ("0710", "00", "contactless", True),
        ("9010", "00", "magstripe", True),
        ("9110", "00", "contactless_magstripe", True),
        ("8010", "00", "fallback", True),
        ("0120", "00", "manual", True),
        ("0120", "08", "manual", False),
        ("0120", "05", "manual", False),
        ("0120", "59", "ecommerce", False),
        ("8100", "00", "ecommerce", False),
        ("1000", "00", "on_file", False),
        ("0000", "00", "unknown", True),
        ("0510", "02", "chip", True),
    ],
)
def test_the_entry_follows_mode_and_condition(
    read_fields: Read, mode: str, condition: str, entry: str, card_present: bool
) -> None:
    record = columns(read_fields(PURCHASE | {"22": mode, "25": condition}))
    assert (record["entry"], record["card_present"]) == (entry, card_present)


def test_cash_with_a_billing_amount_keeps_both_amounts(read_fields: Read) -> None:
    cash = PURCHASE | {"3": "012000", "4": "000000066000", "49": "840", "6": "000000060000"}
    record = columns(read_fields(cash | {"51": "978"}))
    assert record["processing_code"] == "012000"
    assert (record["amount_minor"], record["currency"]) == (66_000, "840")
    assert (record["billing_amount_minor"], record["billing_currency"]) == (60_000, "978")


def test_marks_follow_their_fields(read_fields: Read) -> None:
    partial = {"60": "000000000001"}
    verification = {"4": "000000000000", "25": "51"}
    assert columns(read_fields(PURCHASE | partial))["partial_approval"] is True
    assert columns(read_fields(PURCHASE | verification))["account_verification"] is True
    assert columns(read_fields(PURCHASE | {"25": "51"}))["account_verification"] is False
    assert columns(read_fields(without(PURCHASE, "52")))["pin_present"] is False


def test_a_reversal_names_its_original_and_its_new_amount(read_fields: Read) -> None:
    reversal = without(PURCHASE, "52", "62") | {
        "mti": "0420",
        "38": "A1B2C3",
        "63": {"1": "0002", "3": "2504"},
        "90": "0100" + "002011" + "0527190000" + "00000476173" + "00000000000",
        "95": "000000003000" + "000000000000" + "000000002800" + " " * 6,
    }
    request = read_fields(reversal)
    record = columns(request)
    assert request.is_advice
    assert record["original_message_type"] == "0100"
    assert record["original_stan"] == "002011"
    assert record["original_transmitted_at_us"] == microseconds(2027, 5, 27, 19)
    assert record["original_acquirer_id"] == "476173"
    assert record["replacement_amount_minor"] == 3000
    assert record["replacement_billing_amount_minor"] == 2800
    assert record["authorization_code"] == "A1B2C3"
    assert record["reason_code"] == "2504"
    assert record["lifecycle_id"] is None


def test_zeros_and_blanks_of_an_original_are_absent(read_fields: Read) -> None:
    reversal = PURCHASE | {
        "mti": "0400",
        "62": {"2": "0" * 15},
        "90": "0100" + "0" * 38,
        "95": "000000000000" + " " * 30,
    }
    record = columns(read_fields(reversal))
    assert record["original_message_type"] == "0100"
    assert record["original_stan"] is None
    assert record["original_transmitted_at_us"] is None
    assert record["original_acquirer_id"] is None
    assert record["replacement_amount_minor"] == 0
    assert record["replacement_billing_amount_minor"] is None
    assert record["lifecycle_id"] is None


def test_a_retrieval_reference_of_zeros_is_absent(read_fields: Read) -> None:
    record = columns(read_fields(PURCHASE | {"37": "000000000000"}))
    assert record["retrieval_reference"] is None


def test_a_replacement_that_cannot_be_read_is_a_format_error(read_fields: Read) -> None:
    """Taken as absent it would reverse the whole purchase."""
    for amount in ("C00000030000", "       30000"):
        record = columns(read_fields(PURCHASE | {"mti": "0420", "95": amount + " " * 30}))
        assert (record["format_error"], record["replacement_amount_minor"]) == ("95", None)


def test_of_a_message_that_cannot_be_decoded_only_the_keys_are_kept(read_fields: Read) -> None:
    """Where the bitmap lies, other elements hold the digits of the card number."""
    record = columns(read_fields(PURCHASE, format_error="55"))
    assert record["format_error"] == "55"
    assert (record["stan"], record["retrieval_reference"]) == ("002013", "714719002013")
    assert record["processing_code"] is record["amount_minor"] is record["merchant_name"] is None


def test_an_advice_carries_the_answer_that_was_given(read_fields: Read) -> None:
    record = columns(read_fields(PURCHASE | {"mti": "0120", "38": "A1B2C3", "39": "00"}))
    assert (record["advice_response_code"], record["authorization_code"]) == ("00", "A1B2C3")


def test_the_card_number_is_taken_from_the_track_where_it_has_no_field_of_its_own(
    read_fields: Read, token_key: TokenKey
) -> None:
    record = columns(read_fields(without(PURCHASE, "2")))
    assert record["card_token"] == token_key.token(PAN)
    assert record["pan_masked"] == "400000******0010"
    assert record["format_error"] is None


def test_texts_lose_the_blanks_that_fill_their_fields(read_fields: Read) -> None:
    blank = {"41": "AB      ", "42": " " * 15, "43": "KIOSK" + " " * 35}
    record = columns(read_fields(PURCHASE | blank))
    assert record["terminal_id"] == "AB"
    assert record["merchant_id"] is None
    assert record["merchant_name"] == "KIOSK"


@pytest.mark.parametrize("path", ["3", "4", "49"])
@pytest.mark.parametrize("mti", ["0100", "0120", "0200", "0220"])
def test_a_mandatory_field_that_is_absent_is_named(read_fields: Read, mti: str, path: str) -> None:
    request = read_fields(without(PURCHASE | {"mti": mti}, path))
    assert request.kind == "decide"
    assert columns(request)["format_error"] == path


def test_a_request_without_any_card_number_names_its_field(read_fields: Read) -> None:
    record = columns(read_fields(without(PURCHASE, "2", "35")))
    assert record["format_error"] == "2"
    assert record["card_token"] is None
    assert record["pan_masked"] is None


def test_a_reversal_needs_no_amount(read_fields: Read) -> None:
    record = columns(read_fields(without(PURCHASE, "3", "4", "49") | {"mti": "0420"}))
    assert record["format_error"] is None


@pytest.mark.parametrize(
    ("path", "value", "column"),
    [
        ("2", "412435ffffff0019", "card_token"),
        ("7", "0230192031", "transmitted_at_us"),
        ("7", "0527192061", "transmitted_at_us"),
    ],
)
def test_a_field_that_makes_no_sense_is_named_and_left_out(
    read_fields: Read, path: str, value: str, column: str
) -> None:
    record = columns(read_fields(PURCHASE | {path: value}))
    assert record["format_error"] == path
    assert record[column] is None


def test_the_path_of_a_decoding_fault_is_the_format_error(read_fields: Read) -> None:
    request = read_fields(without(PURCHASE, "4"), format_error="55.9F26")
    assert request.kind == "decide"
    assert columns(request)["format_error"] == "55.9F26"


@pytest.mark.parametrize(
    ("received_at", "transmitted", "expected"),
    [
        (datetime(2027, 1, 1, 0, 0, 5, tzinfo=UTC), "1231235959", (2026, 12, 31, 23, 59, 59)),
        (datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC), "0101000001", (2027, 1, 1, 0, 0, 1)),
        (datetime(2028, 3, 1, tzinfo=UTC), "0229120000", (2028, 2, 29, 12)),
    ],
)
def test_the_year_of_a_transmission_is_the_nearest(
    read_fields: Read, received_at: datetime, transmitted: str, expected: tuple[int, ...]
) -> None:
    record = columns(read_fields(PURCHASE | {"7": transmitted}, received_at=received_at))
    assert record["transmitted_at_us"] == microseconds(*expected)


def test_a_leap_day_outside_leap_years_is_a_format_error(read_fields: Read) -> None:
    far_from_leap_years = datetime(2026, 2, 28, tzinfo=UTC)
    record = columns(read_fields(PURCHASE | {"7": "0229120000"}, received_at=far_from_leap_years))
    assert record["format_error"] == "7"
    assert record["identity_key"][:4] == bytes(4)


def test_unknown_fields_of_a_request_do_not_matter(read_fields: Read) -> None:
    assert columns(read_fields(PURCHASE | {"48": "00"}))["format_error"] is None


def test_no_card_data_shows_in_a_request_or_its_record(read_fields: Read) -> None:
    request = read_fields(PURCHASE)
    shown = f"{request!r} {request.record!r}"
    assert PAN not in shown
    assert PAN[6:12] not in repr(request)
    assert "0123456789abcdef" not in shown
    assert "29122010" not in shown

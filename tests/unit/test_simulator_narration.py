"""What a person reads: who, how much, what happened; never a card number."""

from __future__ import annotations

import re
from typing import Any

import pytest

from cbs.codec import Codec, Message
from cbs.simulator import messages
from cbs.simulator.messages import Card, Fields
from cbs.simulator.narration import additional_amounts, describe_reply, describe_request
from cbs.simulator.wording import response_code_text

CARD = Card("4000000000000010", "2912")


@pytest.fixture(scope="module")
def codec() -> Codec:
    return Codec.load("visa_like")


def told(codec: Codec, fields: Fields) -> str:
    return describe_request(codec.decode(codec.encode(fields)))


def reply(codec: Codec, **fields: str) -> Message:
    values: dict[str, Any] = {name.removeprefix("f"): value for name, value in fields.items()}
    return codec.decode(codec.encode({"mti": "0110"} | values))


def test_a_purchase_is_told_with_amount_place_masked_card_and_trace(codec: Codec) -> None:
    fields = messages.purchase(CARD, 4250, "978", entry="ecommerce", merchant=messages.WEB_SHOP)

    assert told(codec, fields) == (
        "0100 authorization: purchase of EUR 42.50 by e-commerce at WOOL AND NEEDLES ONLINE, "
        f"HELSINKI FI, card 400000******0010, trace {fields['11']}"
    )


def test_an_amount_has_the_decimals_of_its_currency(codec: Codec) -> None:
    assert "of JPY 5,000 (billed EUR 30.50) by chip" in told(
        codec, messages.purchase(CARD, 5000, "392", billing=(3050, "978"))
    )


@pytest.mark.parametrize(
    ("replacement_minor", "words"),
    [
        (None, "purchase of EUR 600.00 by chip at NORTHERN AIRWAYS, DUBLIN IE, taken back"),
        (0, "taken back because the customer cancelled"),
        (30_000, "reduced to EUR 300.00 because the customer cancelled"),
    ],
)
def test_a_reversal_is_told_with_its_new_total_and_reason(
    codec: Codec, replacement_minor: int | None, words: str
) -> None:
    original = messages.purchase(CARD, 60_000, "978", merchant=messages.AIRLINE)

    text = told(codec, messages.reversal(original, replacement_minor=replacement_minor))

    assert text.startswith("0420 reversal advice: ")
    assert words in text


def test_a_repeat_and_a_completion_say_what_they_are(codec: Codec) -> None:
    original = messages.purchase(CARD, 15_000, "978", merchant=messages.FUEL_STATION)

    assert told(codec, messages.repeat(original)).startswith("0101 repeated authorization: ")
    assert "of EUR 63.20 by chip at RING ROAD FUEL, GHENT BE, final, after 00 approved" in told(
        codec, messages.advice(original, 6320)
    )


def test_other_kinds_have_words_of_their_own(codec: Codec) -> None:
    assert "account verification by hand" in told(codec, messages.account_verification(CARD, "978"))
    assert "cash withdrawal of EUR 20.00" in told(codec, messages.cash(CARD, 2000, "978"))
    assert "balance inquiry" in told(codec, messages.balance_inquiry(CARD, "978"))
    assert "refund of EUR 20.00" in told(codec, messages.refund(CARD, 2000, "978"))
    assert re.fullmatch(
        r"0800 network management: echo test, trace \d{6}",
        told(codec, messages.network_management(messages.ECHO)),
    )


def test_an_approval_is_told_with_its_code_and_time(codec: Codec) -> None:
    approval = reply(codec, f4="000000004250", f38="A1B2C3", f39="00", f49="978")

    assert describe_reply(approval, 0.00194) == (
        "0110 00 approved EUR 42.50, authorization code A1B2C3, in 1.9 ms"
    )


def test_a_decline_is_told_by_its_meaning(codec: Codec) -> None:
    assert describe_reply(reply(codec, f4="000000004250", f39="51", f49="978")) == (
        "0110 51 insufficient funds"
    )
    assert response_code_text("ZZ") == "ZZ unknown response code"
    assert response_code_text(None) == "no response code"


def test_follow_ups_and_network_management_are_accepted_rather_than_approved(
    codec: Codec,
) -> None:
    for mti in ("0130", "0430", "0810"):
        assert describe_reply(reply(codec, fmti=mti, f39="00")) == f"{mti} 00 accepted"


def test_balances_and_the_amount_asked_for_are_told(codec: Codec) -> None:
    partial = reply(codec, f4="000000008000", f39="10", f49="978", f54="0057978C000000015000")
    balances = reply(codec, f39="00", f54="0001978C0000001000000002978D000000001000")

    assert describe_reply(partial) == "0110 10 partly approved EUR 80.00, asked for EUR 150.00"
    assert describe_reply(balances) == (
        "0110 00 approved, ledger balance EUR 1,000.00, available EUR -10.00"
    )
    assert [entry.amount_minor for entry in additional_amounts(balances)] == [100_000, -1_000]

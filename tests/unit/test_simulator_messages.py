"""Builders: every message encodes, carries its own identity, and follow-ups point back."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from cbs.codec import Codec
from cbs.simulator import messages
from cbs.simulator.identity import new_identity
from cbs.simulator.messages import Card, Fields
from cbs.simulator.money import AmountError

CARD = Card("4000000000000010", "2912")
SENT_AT = datetime(2026, 11, 21, 23, 59, 58, tzinfo=UTC)


@pytest.fixture(scope="module")
def codec() -> Codec:
    return Codec.load("visa_like")


def every_message() -> dict[str, Fields]:
    purchase = messages.purchase(CARD, 4250, "978")
    return {
        **{
            f"purchase by {entry}": messages.purchase(CARD, 4250, "978", entry=entry)
            for entry in messages.ENTRIES
        },
        "purchase in dollars": messages.purchase(CARD, 66_000, "840", billing=(60_000, "978")),
        "partial": messages.purchase(CARD, 4250, "978", partial_approval=True),
        "cash by chip": messages.cash(CARD, 2000, "978"),
        "cash by stripe": messages.cash(CARD, 2000, "978", entry="magstripe"),
        "refund": messages.refund(CARD, 2000, "978"),
        "account verification": messages.account_verification(CARD, "978"),
        "balance inquiry": messages.balance_inquiry(CARD, "978"),
        "repeat": messages.repeat(purchase),
        "full reversal": messages.reversal(purchase, authorization_code="A1B2C3"),
        "partial reversal": messages.reversal(purchase, mti="0400", replacement_minor=2000),
        "completion": messages.advice(purchase, 2000, authorization_code="A1B2C3"),
        "posting": messages.advice(purchase, 2000, mti="0220"),
        "echo": messages.network_management(messages.ECHO),
    }


@pytest.mark.parametrize("name", every_message())
def test_a_message_reads_back_as_it_was_built(codec: Codec, name: str) -> None:
    fields = every_message()[name]

    message = codec.decode(codec.encode(fields))

    assert message.mti == fields["mti"]
    for path, value in fields.items():
        if path == "mti":
            continue
        if isinstance(value, str):
            assert message.reveal(path) == value, path
            continue
        for part, text in value.items():
            assert message.reveal(f"{path}.{part}").lower() == text.lower(), f"{path}.{part}"


def test_an_identity_is_that_of_one_message() -> None:
    identities = [new_identity(SENT_AT) for _ in range(1000)]

    assert len({identity.stan for identity in identities}) == 1000
    assert len({identity.retrieval_reference for identity in identities}) == 1000
    assert len({identity.lifecycle_id for identity in identities}) == 1000
    assert {identity.transmitted for identity in identities} == {"1121235958"}
    assert all(len(identity.lifecycle_id) == 15 for identity in identities)
    assert all(len(identity.retrieval_reference) == 12 for identity in identities)


def test_a_repeat_differs_in_the_last_digit_of_its_type_alone() -> None:
    original = messages.purchase(CARD, 4250, "978")

    assert messages.repeat(original) == {**original, "mti": "0101"}


def test_a_reversal_names_its_original_and_keeps_its_life_cycle_id() -> None:
    original = messages.purchase(CARD, 60_000, "978", identity=new_identity(SENT_AT))

    reversal = messages.reversal(messages.repeat(original), replacement_minor=30_000)

    acquirer, forwarder = "00000476173", "00000000000"
    assert reversal["90"] == f"0100{original['11']}1121235958{acquirer}{forwarder}"
    assert reversal["95"] == "000000030000" + " " * 30
    assert reversal["62"] == original["62"]
    assert reversal["4"] == original["4"]
    assert (reversal["11"], reversal["7"]) != (original["11"], original["7"])


def test_a_full_reversal_has_no_replacement_amount() -> None:
    assert "95" not in messages.reversal(messages.purchase(CARD, 60_000, "978"))


def test_only_a_terminal_that_can_take_a_part_says_so() -> None:
    assert messages.purchase(CARD, 1, "978", partial_approval=True)["60"][11] == "1"
    assert messages.purchase(CARD, 1, "978")["60"][11] == "0"


def test_follow_ups_carry_no_track_and_no_chip_data() -> None:
    original = messages.cash(CARD, 2000, "978", entry="magstripe")

    for follow_up in (messages.reversal(original), messages.advice(original, 1000)):
        assert not follow_up.keys() & {"35", "45", "52", "53", "55", "126"}


@pytest.mark.parametrize("amount_minor", [-1, 1_000_000_000_000])
def test_an_amount_beyond_twelve_digits_is_refused(amount_minor: int) -> None:
    with pytest.raises(AmountError):
        messages.purchase(CARD, amount_minor, "978")


def test_a_card_never_shows_its_number() -> None:
    assert CARD.pan not in repr(CARD)
    assert "400000******0010" in repr(CARD)

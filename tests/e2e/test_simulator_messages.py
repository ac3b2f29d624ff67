"""Every kind of message that the simulator can send gets the answer that it should get."""

from __future__ import annotations

import psycopg
import pytest
from tests.e2e.host import Host

from cbs.codec import Codec
from cbs.simulator import messages
from cbs.simulator.cards import card_named
from cbs.simulator.client import Client

EURO = "978"


@pytest.mark.parametrize("entry", messages.ENTRIES)
def test_a_purchase_is_approved_however_the_card_was_read(
    running_server: Host, codec: Codec, entry: messages.Entry
) -> None:
    with Client(running_server.host, running_server.port, codec) as client:
        exchange = client.request(messages.purchase(card_named("1"), 4250, EURO, entry=entry))

    assert exchange.response_code == "00"
    for field in ("2", "3", "4", "7", "11", "32", "37", "41", "42", "49", "62.2"):
        assert exchange.reply[field] == exchange.request[field]


def test_other_kinds_get_the_answers_of_their_kind(
    running_server: Host, codec: Codec, books: psycopg.Connection
) -> None:
    card = card_named("1")
    hotel = messages.purchase(card, 10_000, EURO)
    dollars = messages.purchase(card, 66_000, "840", billing=(60_000, EURO))
    with Client(running_server.host, running_server.port, codec) as client:
        answers = [
            client.request(fields).response_code
            for fields in (
                messages.cash(card, 2_000, EURO),
                messages.cash(card, 2_000, EURO, entry="magstripe"),
                messages.refund(card, 2_000, EURO),
                messages.account_verification(card, EURO),
                messages.balance_inquiry(card, EURO),
                hotel,
                messages.advice(hotel, 6_400, mti="0220"),
                dollars,
                messages.reversal(dollars, mti="0400", replacement_minor=33_000),
            )
        ]

    assert answers == ["00", "00", "00", "85", "00", "00", "00", "00", "00"]
    # 1,000.00 less 64.00 posted; 40.00 in cash and half of 600.00 are held.
    state = books.execute(
        "SELECT ledger_minor, held_minor FROM cbs_api.account_state_v1("
        "(SELECT account_id FROM cbs.card ORDER BY account_id LIMIT 1))"
    ).fetchone()
    assert state == (93_600, 34_000)


def test_a_message_of_many_in_flight_gets_its_own_reply(running_server: Host, codec: Codec) -> None:
    card = card_named("1501")
    sent = [messages.purchase(card, 100 + place, EURO) for place in range(50)]
    with Client(running_server.host, running_server.port, codec) as client:
        for fields in sent:
            client.send(fields)
        replies = [client.receive()[0] for _ in sent]

    amounts = {reply["37"]: reply["4"] for reply in replies}
    assert amounts == {fields["37"]: fields["4"] for fields in sent}

"""Every kind of message that the simulator can send gets the answer that it should get."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from tests.e2e.host import Host

from cbs.codec import Codec
from cbs.simulator import messages
from cbs.simulator.cards import card_named
from cbs.simulator.client import Client

EURO = "978"
ROOT = Path(__file__).parents[2]


def simulate(host: Host, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`cbs simulate` against `host`."""
    command = [sys.executable, "-c", "from cbs.cli import main; main()", "simulate", *arguments]
    command += ["--host", host.host, "--port", str(host.port)]
    environment = {"PATH": os.environ["PATH"], "CBS_DATA_DIR": str(folder)}
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=60, check=False
    )


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


def test_the_frame_in_the_readme_is_answered_when_sent_as_it_is(
    running_server: Host, tmp_path: Path
) -> None:
    (frame,) = re.findall(r"cbs describe ([0-9a-f]+)$", (ROOT / "README.md").read_text(), re.M)

    done = simulate(running_server, tmp_path, "raw", frame)

    assert done.returncode == 0, done.stderr
    assert "0110" in done.stdout or "authorization answer" in done.stdout


def test_only_an_approved_purchase_is_told_how_to_take_back(
    running_server: Host, tmp_path: Path
) -> None:
    approved = simulate(running_server, tmp_path, "purchase", "--amount", "1.00")
    declined = simulate(running_server, tmp_path, "purchase", "--amount", "9000000.00")

    assert approved.returncode == 0
    where = f"--host {running_server.host} --port {running_server.port}"
    assert f"cbs simulate reversal {where} --last" in approved.stdout
    assert declined.returncode == 1
    assert "to take it back" not in declined.stdout

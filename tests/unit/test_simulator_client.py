"""The client: replies are matched to their requests, and every way to fail says what happened."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from tests.unit.stub_host import StubHost, approve

from cbs.codec import Codec, Framer, Message
from cbs.mux.errors import ClientError, HostUnreachableError, LinkClosedError, ReplyTimeoutError
from cbs.mux.matcher import Verdict
from cbs.simulator import messages
from cbs.simulator.client import Client
from cbs.simulator.messages import Card

CARD = Card("4000000000000010", "2912")


@pytest.fixture(scope="module")
def codec() -> Codec:
    return Codec.load("visa_like")


@pytest.fixture
def host(codec: Codec) -> Iterator[StubHost]:
    stub = StubHost(codec)
    yield stub
    stub.close()


@pytest.fixture
def client(codec: Codec, host: StubHost) -> Iterator[Client]:
    with Client("127.0.0.1", host.port, codec, timeout_s=5.0) as connected:
        yield connected


def test_a_reply_comes_back_with_its_request_masked(client: Client) -> None:
    exchange = client.request(messages.purchase(CARD, 4250, "978"))

    assert exchange.response_code == "00"
    assert exchange.request["2"] == "400000******0010"
    assert CARD.pan not in repr(exchange)
    assert exchange.elapsed_s > 0


def test_replies_to_others_are_set_aside(client: Client, host: StubHost) -> None:
    def late_then_right(codec: Codec, request: Message) -> list[dict[str, Any]]:
        (right,) = approve(codec, request)
        other_trace = {**right, "11": f"{(int(right['11']) + 1) % 1_000_000:06d}"}
        other_time = {**right, "7": "0101000000"}
        other_type = {**right, "mti": "0430"}
        return [other_trace, other_time, other_type, right]

    host.answer = late_then_right

    exchange = client.request(messages.purchase(CARD, 4250, "978"))

    assert exchange.reply["11"] == exchange.request["11"]
    assert [arrival.message.mti for arrival in client.unmatched] == ["0110", "0110", "0430"]
    assert {arrival.verdict for arrival in client.unmatched} == {Verdict.UNKNOWN}


def test_silence_ends_in_a_timeout(client: Client, host: StubHost) -> None:
    host.answer = lambda *_: []

    with pytest.raises(ReplyTimeoutError, match="did not answer in time"):
        client.request(messages.network_management(messages.ECHO), timeout_s=0.05)


def test_a_link_that_the_host_closes_is_reported(client: Client, host: StubHost) -> None:
    host.answer = lambda *_: [{}]

    with pytest.raises(LinkClosedError, match="closed the link"):
        client.request(messages.network_management(messages.ECHO))
    assert not client.is_connected


def test_after_a_cut_the_next_request_takes_a_new_link(client: Client) -> None:
    client.cut()

    assert client.request(messages.network_management(messages.ECHO)).response_code == "00"


def test_nobody_at_the_address_is_reported_with_the_address(codec: Codec) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    with pytest.raises(HostUnreachableError, match=f"no host at 127.0.0.1:{port}"):
        Client("127.0.0.1", port, codec).connect()


def test_the_hosts_own_echo_test_and_polls_are_answered(client: Client, host: StubHost) -> None:
    def echo_first(codec: Codec, request: Message) -> list[dict[str, Any]]:
        if request.mti == "0810":
            return []
        return [messages.network_management(messages.ECHO), *approve(codec, request)]

    host.answer = echo_first

    client.request(messages.purchase(CARD, 4250, "978"))
    client.request(messages.network_management(messages.ECHO))

    answers = [message for message in host.received if message.mti == "0810"]
    assert [message["70"] for message in answers][:1] == ["301"]
    assert answers[0]["39"] == "00"


def test_a_poll_from_the_host_is_answered_and_hides_nothing(codec: Codec, host: StubHost) -> None:
    host.greeting = b"\x00\x00\x00\x00"

    with Client("127.0.0.1", host.port, codec) as client:
        assert client.request(messages.network_management(messages.ECHO)).response_code == "00"
    assert host.polls_answered.wait(5)


def test_a_link_can_carry_the_message_header(codec: Codec, host: StubHost) -> None:
    with Client("127.0.0.1", host.port, codec, header="visa22") as client:
        assert client.request(messages.network_management(messages.ECHO)).response_code == "00"
    assert host.headers[0][:1] == b"\x16"


def test_a_reply_with_a_header_is_read_although_requests_go_without(
    codec: Codec, host: StubHost
) -> None:
    framed = Framer("vmlh", header="visa22").wrap(
        codec.encode(messages.network_management(messages.ECHO))
    )
    with Client("127.0.0.1", host.port, codec) as client:
        client.send_bytes(framed)
        reply, _ = client.receive()
        assert reply.mti == "0810"
        client.request(messages.network_management(messages.ECHO))
    assert host.headers == [framed[4:26], b""]


def test_bytes_that_are_no_message_are_reported(codec: Codec, host: StubHost) -> None:
    host.greeting = b"\x00\x02\x00\x00\x01\x10"

    with (
        Client("127.0.0.1", host.port, codec) as client,
        pytest.raises(ClientError, match="no message"),
    ):
        client.receive(5.0)


def test_the_simulator_needs_neither_the_database_driver_nor_the_event_loop() -> None:
    code = (
        "import sys, cbs.simulator.stories, cbs.simulator.client, cbs.simulator.cards\n"
        "print(sorted({'psycopg', 'uvloop'} & set(sys.modules)))"
    )

    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    assert result.stdout.strip() == "[]"

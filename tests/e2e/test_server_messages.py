"""One message at a time over a real socket: what comes back and what must come back in it."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest
from tests.e2e.client import EURO_PANS, advice, changed, management, purchase
from tests.e2e.conftest import Connect
from tests.e2e.host import Host

from cbs.codec import Codec
from cbs.demo import demo_pan

PUBLIC_PURCHASE = bytes.fromhex(
    "00c1000016010200c100000012345600000000000000000000000100f224648108e080160000000000000004"
    "104567890123456783003000000000002500052719203100201316075999078001205906432109f4f1f4f7f1"
    "f9f0f0f2f0f1f3f9f2f1f940404040f3f0f0f0f1f4f0f0f0f0f0f0f0f0f0c9d5c4c5d7c5d5c4c5d5c3c540e2"
    "d8e4c1d9c540c5c3d6d4d4d2e8c9e5404040404040404040e3e30840055000060007098000000000000000e8"
    "0580000000000e0040000000000000f1f140f8f8f8"
)
"""A public sample of an e-commerce purchase, with the 22-byte message header."""
OperationCount = Callable[[], int]


@pytest.fixture
def operation_count(books: psycopg.Connection) -> OperationCount:
    def count() -> int:
        row = books.execute(
            "SELECT count(*) FROM cbs.operation WHERE message_type IS NOT NULL"
        ).fetchone()
        assert row is not None
        return int(row[0])

    return count


def test_a_public_frame_sent_byte_by_byte_is_answered(
    running_server: Host, connect: Connect, codec: Codec
) -> None:
    frame = PUBLIC_PURCHASE
    client = connect(running_server, header="visa22")
    for place in range(len(frame)):
        client.socket.sendall(frame[place : place + 1])
    answer = client.receive_frame()
    request, reply = codec.decode(frame[26:]), codec.decode(answer.body)
    assert reply.mti == "0110"
    for number in ("2", "3", "4", "7", "11", "25", "32", "37", "41", "42", "49", "63"):
        assert reply[number] == request[number], number
    assert reply["39"] == "15"  # the card is of no issuer that this host knows
    for number in ("14", "18", "22", "38", "60", "126"):
        assert number not in reply
    assert answer.header is not None
    sent_header = frame[4:26]
    assert answer.header[5:8] == sent_header[8:11]
    assert answer.header[8:11] == sent_header[5:8]
    assert answer.header[3:5] == (22 + len(answer.body)).to_bytes(2, "big")


def test_a_purchase_is_approved_and_booked(
    running_server: Host, connect: Connect, books: psycopg.Connection
) -> None:
    request = purchase(demo_pan(1), 42_50)
    reply = connect(running_server).exchange(request)
    assert reply["39"] == "00"
    assert len(reply["38"]) == 6
    assert reply.reveal("2") == request["2"]
    row = books.execute(
        "SELECT held_delta_minor, response_code FROM cbs.operation "
        "WHERE stan = %s AND response_code IS NOT NULL",
        (request["11"],),
    ).fetchall()
    assert row == [(42_50, "00")]


@pytest.mark.parametrize(
    ("code", "response_code"), [("301", "00"), ("002", "00"), ("001", "00"), ("999", "12")]
)
def test_network_management_is_answered_and_never_booked(
    running_server: Host,
    connect: Connect,
    operation_count: OperationCount,
    code: str,
    response_code: str,
) -> None:
    before = operation_count()
    request = management(code)
    reply = connect(running_server).exchange(request)
    assert reply.mti == "0810"
    assert reply["39"] == response_code
    assert [reply[number] for number in ("7", "11", "70")] == [
        request[number] for number in ("7", "11", "70")
    ]
    assert operation_count() == before


def test_only_requests_are_answered(running_server: Host, connect: Connect) -> None:
    client = connect(running_server)
    for response_type in ("0810", "0110", "0130", "0410"):
        client.send(management("301", mti=response_type, f39="00"))
    echo = management("301")
    assert client.exchange(echo)["39"] == "00"
    with pytest.raises(TimeoutError):
        client.receive(timeout_s=0.2)


def test_a_poll_and_session_control_do_not_disturb_a_link(
    running_server: Host, connect: Connect
) -> None:
    client = connect(running_server)
    client.socket.sendall(bytes(4))
    assert client.receive_frame().kind == "poll"
    client.socket.sendall(bytes.fromhex("0004002061626364"))
    assert client.exchange(management("301"))["39"] == "00"


def test_a_request_without_its_amount_is_stored_and_answered_30(
    running_server: Host, connect: Connect, operation_count: OperationCount
) -> None:
    before = operation_count()
    reply = connect(running_server).exchange(purchase(demo_pan(1), 1, f4=None))
    assert reply["39"] == "30"
    assert "38" not in reply
    assert operation_count() == before + 1


def test_an_undecodable_field_after_the_keys_is_answered_30(
    running_server: Host, connect: Connect, codec: Codec
) -> None:
    client = connect(running_server)
    request = purchase(demo_pan(1), 1)
    body = codec.encode(request)
    client.socket.sendall(client.framer.wrap(body[:-1]))
    reply = client.receive()
    assert reply.mti == "0110"
    assert reply["11"] == request["11"]
    assert reply["39"] == "30"


def test_a_message_without_its_keys_gets_silence(running_server: Host, connect: Connect) -> None:
    client = connect(running_server)
    client.send(purchase(demo_pan(1), 1, f7=None))
    assert client.exchange(management("301"))["39"] == "00"
    with pytest.raises(TimeoutError):
        client.receive(timeout_s=0.2)


def test_an_unknown_extra_field_is_no_fault(running_server: Host, connect: Connect) -> None:
    reply = connect(running_server).exchange(purchase(demo_pan(1), 1_00, f59="12345"))
    assert reply["39"] == "00"


def test_an_unsupported_function_of_a_known_class_is_answered_12(
    running_server: Host, connect: Connect
) -> None:
    reply = connect(running_server).exchange(purchase(demo_pan(1), 1_00, mti="0160"))
    assert reply["39"] == "12"


def test_a_repeat_is_answered_byte_for_byte_as_its_original(
    running_server: Host, connect: Connect, operation_count: OperationCount
) -> None:
    request = purchase(demo_pan(1), 7_00)
    client, other = connect(running_server), connect(running_server)
    client.send(request)
    first = client.receive_frame()
    count = operation_count()
    for repeater in (client, other):
        repeater.send(changed(request, mti="0101"))
        assert repeater.receive_frame().body == first.body
    assert operation_count() == count


def test_an_advice_is_acknowledged(running_server: Host, connect: Connect) -> None:
    reply = connect(running_server).exchange(advice(demo_pan(3), 9_00))
    assert reply.mti == "0130"
    assert reply["39"] == "00"


def test_pipelined_requests_are_all_answered_exactly_once(
    running_server: Host, connect: Connect
) -> None:
    client = connect(running_server)
    requests = [purchase(pan, 1_00) for pan in EURO_PANS[:300]]
    client.send(*requests)
    answered = [client.receive()["11"] for _ in requests]
    assert sorted(answered) == sorted(request["11"] for request in requests)
    with pytest.raises(TimeoutError):
        client.receive(timeout_s=0.2)


def test_a_peer_that_sends_no_more_still_gets_its_answers(
    running_server: Host, connect: Connect
) -> None:
    import socket

    client = connect(running_server)
    requests = [purchase(demo_pan(1), 1), purchase(demo_pan(3), 1), management("301")]
    client.send(*requests)
    client.socket.shutdown(socket.SHUT_WR)
    answered = {client.receive()["11"] for _ in requests}
    assert answered == {request["11"] for request in requests}
    assert client.is_closed_by_host()


def test_no_card_number_reaches_the_log(running_server: Host, connect: Connect) -> None:
    client = connect(running_server)
    client.exchange(purchase(demo_pan(1), 1_00))
    client.exchange(purchase("4999990000000006", 1_00))
    client.socket.sendall(client.framer.wrap(b"\x01\x00garbage" + demo_pan(1).encode()))
    client.exchange(management("301"))
    client.socket.close()
    assert running_server.stop() == 0
    said = running_server.events_path.read_text() + running_server.screen_path.read_text()
    assert demo_pan(1) not in said
    assert "4999990000000006" not in said
    assert running_server.counters()["answered"]["00"] == 2

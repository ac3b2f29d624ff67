"""The connecting role: the test is the network, the host comes to it."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
from tests.e2e.client import NetworkClient, changed, management, purchase
from tests.e2e.conftest import StartHost

from cbs.codec import Codec, Message
from cbs.demo import demo_pan


@pytest.fixture
def network() -> Iterator[socket.socket]:
    listener = socket.create_server(("127.0.0.1", 0))
    yield listener
    listener.close()


def address_text(listener: socket.socket) -> str:
    host, port = listener.getsockname()
    return f"{host}:{port}"


def approve(client: NetworkClient, request: Message) -> None:
    client.send(
        changed(management(request["70"]), mti="0810", f7=request["7"], f11=request["11"], f39="00")
    )


def test_the_host_connects_signs_on_serves_and_comes_back_after_a_cut(
    start_host: StartHost, demo_database_url: str, codec: Codec, network: socket.socket
) -> None:
    start_host(f"--connect={address_text(network)}", database_url=demo_database_url)
    for _ in range(2):
        with NetworkClient.accepted(codec, network) as client:
            sign_on = client.receive()
            assert (sign_on.mti, sign_on["70"]) == ("0800", "001")
            approve(client, sign_on)
            assert client.exchange(purchase(demo_pan(1), 1_00))["39"] == "00"
            assert client.exchange(management("301"))["39"] == "00"


def test_an_idle_link_gets_echoes_and_one_that_answers_none_is_made_anew(
    start_host: StartHost,
    demo_database_url: str,
    codec: Codec,
    network: socket.socket,
    fast_profile: object,
) -> None:
    assert callable(fast_profile)
    profile = fast_profile(echo_interval_s=1, echo_missed_max=1)
    start_host(
        f"--connect={address_text(network)}",
        f"--profile={profile}",
        database_url=demo_database_url,
    )
    with NetworkClient.accepted(codec, network) as client:
        approve(client, client.receive())
        echo = client.receive()
        assert echo["70"] == "301"
        approve(client, echo)
        assert client.receive()["70"] == "301"
        assert client.is_closed_by_host()
    with NetworkClient.accepted(codec, network) as client:
        assert client.receive()["70"] == "001"


def test_a_planned_stop_signs_off(
    start_host: StartHost, demo_database_url: str, codec: Codec, network: socket.socket
) -> None:
    host = start_host(f"--connect={address_text(network)}", database_url=demo_database_url)
    with NetworkClient.accepted(codec, network) as client:
        approve(client, client.receive())
        client.exchange(management("301"))
        assert host.stop() == 0
        sign_off = client.receive()
        assert (sign_off.mti, sign_off["70"]) == ("0800", "002")
        assert client.is_closed_by_host()


def test_a_network_that_is_not_there_yet_is_tried_again(
    start_host: StartHost, demo_database_url: str, codec: Codec
) -> None:
    reserved = socket.socket()
    reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    reserved.bind(("127.0.0.1", 0))
    host = start_host(f"--connect={address_text(reserved)}", database_url=demo_database_url)
    reserved.listen()
    with NetworkClient.accepted(codec, reserved) as client:
        assert client.receive()["70"] == "001"
    assert host.process.poll() is None
    reserved.close()

"""Garbage, oversize and stalled frames end their own link and disturb nobody else."""

from __future__ import annotations

import os

import pytest
from tests.e2e.client import management, purchase
from tests.e2e.conftest import Connect
from tests.e2e.host import Host, wait_until

from cbs.demo import demo_pan


def test_an_oversize_frame_closes_its_link_only(running_server: Host, connect: Connect) -> None:
    good, bad = connect(running_server), connect(running_server)
    bad.socket.sendall(b"\xff\xff\x00\x00")
    assert bad.is_closed_by_host()
    assert good.exchange(management("301"))["39"] == "00"


def test_what_came_before_the_fault_is_answered_before_the_link_closes(
    running_server: Host, connect: Connect
) -> None:
    client = connect(running_server)
    request = purchase(demo_pan(1), 1_00)
    client.socket.sendall(client.framed(request) + b"\xff\xff\x00\x00 and more")
    reply = client.receive()
    assert reply["11"] == request["11"]
    assert reply["39"] == "00"
    assert client.is_closed_by_host()


def test_bodies_of_garbage_are_dropped_and_their_link_serves_on(
    running_server: Host, connect: Connect
) -> None:
    client = connect(running_server)
    for length in (1, 2, 9, 10, 60, 300, 2000):
        for _ in range(20):
            client.socket.sendall(client.framer.wrap(os.urandom(length)))
    echo = management("301")
    client.send(echo)
    replies = [client.receive()]
    while replies[-1].get("11") != echo["11"]:
        replies.append(client.receive())
    assert replies[-1]["39"] == "00"


def test_a_frame_that_does_not_complete_ends_its_link(
    running_server: Host, connect: Connect
) -> None:
    good, slow = connect(running_server), connect(running_server)
    frame = slow.framed(purchase(demo_pan(1), 1_00))
    slow.socket.sendall(frame[:20])
    assert slow.is_closed_by_host()
    assert good.exchange(management("301"))["39"] == "00"
    closed = [event["reason"] for event in running_server.events("link_closed")]
    assert closed == ["a frame did not complete in time"]


def test_a_slow_frame_behind_a_whole_one_is_timed_from_its_own_start(
    running_server: Host, connect: Connect
) -> None:
    client = connect(running_server)
    first, second = management("301"), management("301")
    half = client.framed(second)
    client.socket.sendall(client.framed(first) + half[:10])
    assert client.receive()["11"] == first["11"]
    client.socket.sendall(half[10:])
    assert client.receive()["11"] == second["11"]


def test_three_hundred_idle_and_half_open_links_disturb_nobody(
    running_server: Host, connect: Connect
) -> None:
    crowd = [connect(running_server) for _ in range(300)]
    for client in crowd[::3]:
        client.socket.sendall(b"\x00")
    busy = connect(running_server)
    answers = [busy.exchange(purchase(demo_pan(1), 1))["39"] for _ in range(100)]
    assert answers == ["00"] * 100
    for client in crowd[::3]:
        assert client.is_closed_by_host()
    assert crowd[1].exchange(management("301"))["39"] == "00"


def test_a_peer_that_does_not_read_does_not_hold_up_the_others(
    running_server: Host, connect: Connect
) -> None:
    deaf, good = connect(running_server), connect(running_server)
    deaf.socket.setblocking(False)
    frame = deaf.framed(management("301"))
    with pytest.raises(BlockingIOError):
        while True:
            deaf.socket.send(frame * 1000)
    assert good.exchange(purchase(demo_pan(1), 1))["39"] == "00"


def test_links_whose_peer_left_are_let_go(running_server: Host, connect: Connect) -> None:
    for _ in range(50):
        connect(running_server).socket.close()
    wait_until(lambda: len(running_server.events("link_closed")) == 50)
    assert connect(running_server).exchange(management("301"))["39"] == "00"

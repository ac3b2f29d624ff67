"""Answers that get lost on the way: repeats, cut cables, deadlines, voids."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
from tests.e2e.client import NetworkClient, advice, changed, management, purchase
from tests.e2e.conftest import Connect, StartHost
from tests.e2e.host import Host, wait_until

from cbs.demo import demo_pan

OpenCard = Callable[[str, int], int]
FastProfile = Callable[..., str]

PAN = demo_pan(50_000)
OTHER_PAN = demo_pan(50_001)


def cut(client: NetworkClient) -> None:
    """Reset the connection, as a cable that is cut does in the end."""
    client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.socket.close()


@contextmanager
def held_back(books: psycopg.Connection) -> Iterator[None]:
    """Decisions under way stop before they commit, with their locks held, until the end of this.

    A row lock would not do: what meets one is put aside, undecided.
    """
    books.execute(
        """
        CREATE TABLE public.gate AS SELECT 'closed' AS state;
        GRANT SELECT ON public.gate TO PUBLIC;
        CREATE FUNCTION public.wait_for_gate() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          WHILE EXISTS (SELECT FROM public.gate) LOOP
            PERFORM pg_sleep(0.005);
          END LOOP;
          RETURN NULL;
        END $$;
        CREATE TRIGGER wait_for_gate AFTER INSERT ON cbs.operation
          FOR EACH ROW EXECUTE FUNCTION public.wait_for_gate();
        """
    )
    try:
        yield
    finally:
        books.execute("DELETE FROM public.gate")


def state(books: psycopg.Connection, account_id: int) -> tuple[int, int, int]:
    row = books.execute(
        "SELECT ledger_minor, held_minor, available_minor FROM cbs_api.account_state_v1(%s)",
        (account_id,),
    ).fetchone()
    assert row is not None
    return tuple(row)  # type: ignore[return-value]


def test_a_cut_after_the_answer_and_a_repeat_get_the_identical_answer_and_one_hold(
    running_server: Host, connect: Connect, books: psycopg.Connection, open_card: OpenCard
) -> None:
    account_id = open_card(PAN, 1000_00)
    first = connect(running_server)
    request = purchase(PAN, 42_50)
    first.send(request)
    answer = first.receive_frame()
    cut(first)
    second = connect(running_server)
    second.send(changed(request, mti="0101"))
    assert second.receive_frame().body == answer.body
    assert state(books, account_id) == (1000_00, 42_50, 957_50)


def test_an_approval_whose_socket_was_cut_before_the_write_is_voided_and_a_repeat_decided_afresh(
    running_server: Host, connect: Connect, books: psycopg.Connection, open_card: OpenCard
) -> None:
    account_id = open_card(PAN, 1000_00)
    request = purchase(PAN, 42_50)
    client = connect(running_server)
    with held_back(books):
        client.send(request)
        wait_until(lambda: waiting_calls(books))
        cut(client)
        wait_until(lambda: running_server.events("link_closed"))
    wait_until(lambda: state(books, account_id) == (1000_00, 0, 1000_00) and attempts(books))
    reply = connect(running_server).exchange(changed(request, mti="0101"))
    assert reply["39"] == "00"
    assert state(books, account_id) == (1000_00, 42_50, 957_50)
    assert attempts(books) == [-1, 1, 2]


def test_an_approval_past_its_deadline_is_answered_91_once_and_voided(
    start_host: StartHost,
    demo_database_url: str,
    connect: Connect,
    books: psycopg.Connection,
    open_card: OpenCard,
    fast_profile: FastProfile,
) -> None:
    account_id = open_card(PAN, 1000_00)
    host = start_host(f"--profile={fast_profile(deadline_ms=400)}", database_url=demo_database_url)
    client = connect(host)
    request = purchase(PAN, 42_50)
    with held_back(books):
        client.send(request, advice(PAN, 5_00))
        reply = client.receive()
        assert (reply["11"], reply["39"]) == (request["11"], "91")
        assert "38" not in reply
    wait_until(lambda: -1 in attempts(books))
    echo = management("301")
    assert client.exchange(echo)["11"] == echo["11"]
    assert state(books, account_id)[1] in (0, 5_00)
    assert host.stop() == 0
    assert host.counters()["voided"] == 1
    assert host.counters()["answered"] == {"91": 1, "00": 1}


def test_a_network_that_prefers_silence_gets_none_of_its_late_answers(
    start_host: StartHost,
    demo_database_url: str,
    connect: Connect,
    books: psycopg.Connection,
    open_card: OpenCard,
    fast_profile: FastProfile,
) -> None:
    account_id = open_card(PAN, 1000_00)
    host = start_host(
        f"--profile={fast_profile(deadline_ms=300, on_deadline='silence')}",
        database_url=demo_database_url,
    )
    client = connect(host)
    with held_back(books):
        client.send(purchase(PAN, 42_50))
        wait_until(lambda: waiting_calls(books))
        # Longer than the deadline, measured by the host's own answers to others.
        try:
            client.receive(timeout_s=0.5)
        except TimeoutError:
            silent = True
        else:
            silent = False
        assert silent
    wait_until(lambda: state(books, account_id) == (1000_00, 0, 1000_00) and attempts(books))
    echo = management("301")
    assert client.exchange(echo)["11"] == echo["11"]


def test_an_answered_approval_outlives_its_duplicate_whose_call_was_lost(
    start_host: StartHost,
    demo_database_url: str,
    connect: Connect,
    books: psycopg.Connection,
    open_card: OpenCard,
    fast_profile: FastProfile,
) -> None:
    account_id = open_card(PAN, 1000_00)
    host = start_host(f"--profile={fast_profile(deadline_ms=1000)}", database_url=demo_database_url)
    client, request = connect(host), purchase(PAN, 42_50)
    assert client.exchange(request)["39"] == "00"
    with books.transaction():
        books.execute("SELECT FROM cbs.account WHERE account_id = %s FOR UPDATE", (account_id,))
        client.send(request)
        wait_until(lambda: waiting_calls(books))
        books.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND application_name LIKE 'cbs lane%' "
            "AND state = 'active'"
        )
        assert client.receive()["39"] == "91"
    assert host.stop() == 0
    assert host.counters()["voided"] == 1
    assert state(books, account_id) == (1000_00, 42_50, 957_50)
    assert attempts(books) == [1]


def test_a_locked_account_is_answered_91_at_its_deadline_and_others_of_its_lane_at_once(
    start_host: StartHost,
    demo_database_url: str,
    connect: Connect,
    books: psycopg.Connection,
    open_card: OpenCard,
    fast_profile: FastProfile,
) -> None:
    locked_id = open_card(PAN, 1000_00)
    open_card(OTHER_PAN, 1000_00)
    host = start_host(
        f"--profile={fast_profile(deadline_ms=2000)}", database_url=demo_database_url, lanes="1"
    )
    client, others = connect(host), connect(host)
    with books.transaction():
        books.execute("SELECT FROM cbs.account WHERE account_id = %s FOR UPDATE", (locked_id,))
        client.send(purchase(PAN, 42_50))
        wait_until(lambda: waiting_calls(books))
        began_at, count = time.monotonic(), 0
        while time.monotonic() < began_at + 2.5:
            assert others.exchange(purchase(OTHER_PAN, 1))["39"] == "00"
            count += 1
        assert client.receive()["39"] == "91"
    assert count > 20
    assert client.exchange(purchase(PAN, 42_50))["39"] == "00"
    assert state(books, locked_id) == (1000_00, 42_50, 957_50)


def waiting_calls(books: psycopg.Connection) -> bool:
    """Whether a lane's call waits for what this test holds back or has locked."""
    # Inside a transaction PostgreSQL shows the same picture of its sessions until told otherwise.
    books.execute("SELECT pg_stat_clear_snapshot()")
    row = books.execute(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
        "AND application_name LIKE 'cbs lane%' "
        "AND (wait_event_type = 'Lock' OR wait_event = 'PgSleep')"
    ).fetchone()
    return bool(row and row[0])


def attempts(books: psycopg.Connection) -> list[int]:
    """Attempts at the purchase of 42.50, voids as negative numbers."""
    rows = books.execute(
        "SELECT attempt FROM cbs.operation WHERE identity_key IN "
        "(SELECT identity_key FROM cbs.operation WHERE amount_minor = 4250) ORDER BY attempt"
    ).fetchall()
    return [int(attempt) for (attempt,) in rows]

"""The end in good order: what is in flight is answered, nothing is left behind."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable

import psycopg
from tests.e2e.client import EURO_PANS, PipelinedClient, purchase
from tests.e2e.conftest import Connect, StartHost
from tests.e2e.host import Host, wait_until

from cbs.codec import Codec
from cbs.demo import demo_pan


def test_sigterm_under_load_answers_everything_it_read(
    running_server: Host, codec: Codec, books: psycopg.Connection
) -> None:
    async def scenario() -> tuple[set[str], int]:
        approved: set[str] = set()
        unanswered = 0

        async def one_link(number: int) -> None:
            nonlocal unanswered
            async with await PipelinedClient(codec).connect(running_server.address) as client:
                started = [client.start(purchase(EURO_PANS[number], 1)) for _ in range(400)]
                for reply in await asyncio.gather(*started, return_exceptions=True):
                    if isinstance(reply, BaseException):
                        assert isinstance(reply, ConnectionError)
                        unanswered += 1
                    elif reply["39"] == "00":
                        approved.add(reply["11"])

        links = [asyncio.create_task(one_link(number)) for number in range(8)]
        await asyncio.to_thread(wait_until, lambda: operations(books) > 50)
        running_server.process.send_signal(signal.SIGTERM)
        await asyncio.gather(*links)
        return approved, unanswered

    def operations(connection: psycopg.Connection) -> int:
        query = "SELECT count(*) FROM cbs.operation WHERE message_type = '0100'"
        row = connection.execute(query).fetchone()
        assert row is not None
        return int(row[0])

    approved, unanswered = asyncio.run(scenario())
    assert running_server.wait_exit() == 0
    rows = books.execute(
        "SELECT max(stan) FROM cbs.operation "
        "WHERE message_class = '0100' AND response_code = '00' OR kind = 'void' "
        "GROUP BY account_id, card_token, identity_key HAVING sum(sign(attempt)) > 0"
    ).fetchall()
    assert {stan for (stan,) in rows} == approved
    assert len(approved) + unanswered == 8 * 400
    assert running_server.counters()["unsent"] == 0


def test_a_second_signal_hurries(
    start_host: StartHost,
    demo_database_url: str,
    connect: Connect,
    books: psycopg.Connection,
    open_card: Callable[[str, int], int],
) -> None:
    account_id = open_card(demo_pan(50_000), 100_00)
    host = start_host(database_url=demo_database_url)
    client = connect(host)
    with books.transaction():
        books.execute("SELECT FROM cbs.account WHERE account_id = %s FOR UPDATE", (account_id,))
        client.send(purchase(demo_pan(50_000), 1))
        wait_until(lambda: not host.process.poll() and in_flight(books))
        host.process.send_signal(signal.SIGINT)
        wait_until(lambda: host.events("stopping"))
        host.process.send_signal(signal.SIGINT)
        assert host.wait_exit() == 0
    assert client.is_closed_by_host()


def in_flight(books: psycopg.Connection) -> bool:
    # Inside a transaction PostgreSQL shows the same picture of its sessions until told otherwise.
    books.execute("SELECT pg_stat_clear_snapshot()")
    row = books.execute(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
        "AND application_name LIKE 'cbs lane%' AND wait_event_type = 'Lock'"
    ).fetchone()
    return bool(row and row[0])


def test_an_idle_server_stops_at_once_and_takes_its_ready_file_along(running_server: Host) -> None:
    assert running_server.ready_file.exists()
    assert running_server.stop() == 0
    assert not running_server.ready_file.exists()
    assert "stopped" in running_server.screen_path.read_text()

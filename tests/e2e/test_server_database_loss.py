"""The database goes away under load: nothing answered is lost, nothing happens twice."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from tests.e2e.client import EURO_PANS, PipelinedClient, advice, changed, purchase
from tests.e2e.conftest import Connect, StartHost
from tests.e2e.host import Host, wait_until

from cbs.codec import Codec
from cbs.database.embedded import EmbeddedServer
from cbs.database.migrate import migrate
from cbs.database.portfolio import load_demo
from cbs.network import TokenKey

CARDS = EURO_PANS[:200]


@pytest.fixture
def own_postgres(
    server_folder: Path, postgres_bin: Path | None, token_key: TokenKey
) -> Iterator[EmbeddedServer]:
    """A PostgreSQL that this test may mistreat."""
    with EmbeddedServer(server_folder / "postgres", bin_dir=postgres_bin) as server:
        migrate(server.url)
        load_demo(server.url, token_key)
        yield server


def kill_lanes(url: str) -> int:
    """kill -9 of the backends that decide. How many there were; 0 while it recovers."""
    try:
        with psycopg.connect(url, autocommit=True) as admin:
            rows = admin.execute(
                "SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'cbs lane%'"
            ).fetchall()
    except psycopg.OperationalError:
        return 0
    killed = 0
    for (pid,) in rows:
        # The first death makes PostgreSQL end the others, perhaps before it is their turn here.
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
            killed += 1
    return killed


def accepting(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def booked(url: str) -> Counter[str]:
    """Approved purchases in force by trace number: approvals less voids."""
    with psycopg.connect(url, autocommit=True) as books:
        rows = books.execute(
            "SELECT max(stan), sum(sign(attempt)) FROM cbs.operation "
            "WHERE message_class = '0100' AND response_code = '00' OR kind = 'void' "
            "GROUP BY account_id, card_token, identity_key HAVING sum(sign(attempt)) <> 0"
        ).fetchall()
        assert books.execute("SELECT * FROM cbs_api.check_v1()").fetchall() == []
    return Counter({stan: int(count) for stan, count in rows})


async def load(
    codec: Codec, host: Host, disturb: Callable[[], object], *, rounds: int
) -> tuple[dict[str, str], list[str]]:
    """Purchases on eight links, disturbed after a while: response codes by trace number."""
    answered: dict[str, str] = {}
    twice: list[str] = []
    halfway = asyncio.Event()

    async def one_link(number: int) -> None:
        async with await PipelinedClient(codec).connect(host.address) as client:
            for round_number in range(rounds):
                if number == 0 and round_number == rounds // 2:
                    halfway.set()
                requests = [purchase(CARDS[(number * 25 + i) % 200], 1) for i in range(25)]
                replies = await asyncio.gather(*[client.request(fields) for fields in requests])
                answered.update({reply["11"]: reply["39"] for reply in replies})
            twice.extend(stan for stan, frames in client.replies.items() if len(frames) > 1)

    async def disturber() -> None:
        await halfway.wait()
        await asyncio.to_thread(disturb)

    await asyncio.gather(disturber(), *[one_link(number) for number in range(8)])
    return answered, twice


@pytest.mark.parametrize("deadline_ms", [4000, 250])
def test_killed_backends_lose_no_answered_approval_and_double_none(
    start_host: StartHost,
    own_postgres: EmbeddedServer,
    codec: Codec,
    fast_profile: Callable[..., str],
    deadline_ms: int,
) -> None:
    host = start_host(
        f"--profile={fast_profile(deadline_ms=deadline_ms)}", database_url=own_postgres.url
    )

    def disturb() -> None:
        for _ in range(3):
            wait_until(lambda: kill_lanes(own_postgres.url))

    answered, twice = asyncio.run(load(codec, host, disturb, rounds=40))
    approved = {stan for stan, response_code in answered.items() if response_code == "00"}
    wait_until(lambda: accepting(own_postgres.url))
    assert twice == []
    assert len(answered) == 8 * 40 * 25
    assert set(answered.values()) <= {"00", "91"}
    assert host.stop() == 0
    assert host.events("database_lost")
    assert host.events("database_back")
    in_force = booked(own_postgres.url)
    assert approved == set(in_force)
    assert set(in_force.values()) == {1}


def test_a_stopped_database_means_91_in_time_silent_advices_and_service_after_its_return(
    start_host: StartHost,
    own_postgres: EmbeddedServer,
    connect: Connect,
    fast_profile: Callable[..., str],
) -> None:
    host = start_host(f"--profile={fast_profile(deadline_ms=1500)}", database_url=own_postgres.url)
    client = connect(host)
    assert client.exchange(purchase(CARDS[0], 1_00))["39"] == "00"
    own_postgres.stop()
    request, silent = purchase(CARDS[0], 10_00), advice(CARDS[0], 25_00)
    began_at = datetime.now(UTC)
    client.send(request, silent)
    reply = client.receive()
    assert (datetime.now(UTC) - began_at).total_seconds() < 1.5
    assert (reply["11"], reply["39"]) == (request["11"], "91")
    own_postgres.start()
    wait_until(lambda: len(host.events("database_back")) >= 1)
    assert client.exchange(changed(silent, mti="0121"))["39"] == "00"
    assert client.exchange(purchase(CARDS[2], 1_00))["39"] == "00"
    with psycopg.connect(own_postgres.url, autocommit=True) as books:
        rows = books.execute(
            "SELECT message_type FROM cbs.operation WHERE stan = ANY(%s)",
            ([request["11"], silent["11"]],),
        ).fetchall()
        assert rows in ([("0121",)], [("0120",)])
        assert books.execute("SELECT * FROM cbs_api.check_v1()").fetchall() == []

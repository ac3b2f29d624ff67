"""What `cbs serve` says, and the one clear line where it cannot serve."""

from __future__ import annotations

import asyncio
import signal
import socket
from pathlib import Path

import psycopg
import pytest
from tests.e2e.client import purchase
from tests.e2e.conftest import Connect, StartHost
from tests.e2e.host import Host, wait_until

from cbs.database.decision import DecisionConnection
from cbs.demo import demo_pan
from cbs.errors import DatabaseError


def refused(
    start_host: StartHost, *arguments: str, database_url: str | None, **settings: str
) -> str:
    """The complaint of a host that does not start."""
    host: Host = start_host(*arguments, database_url=database_url, wait=False, **settings)
    assert host.wait_exit() == 1
    lines = [line for line in host.events_path.read_text().splitlines() if "Traceback" in line]
    assert lines == []
    return host.events_path.read_text().splitlines()[-1]


def test_it_shows_what_runs_and_how_to_talk_to_it(running_server: Host) -> None:
    screen = running_server.screen_path.read_text()
    for text in (f"127.0.0.1:{running_server.port}", "PostgreSQL 1", "2,000 cards", "simulate"):
        assert text in screen
    assert len(screen.splitlines()) < 24


def test_a_taken_port_is_named(start_host: StartHost, demo_database_url: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        complaint = refused(start_host, f"--listen={address}", database_url=demo_database_url)
    assert address in complaint
    assert "--listen" in complaint


def test_an_unreachable_database_is_named(start_host: StartHost) -> None:
    complaint = refused(start_host, database_url="postgresql://nobody@127.0.0.1:1/cbs")
    assert "database cannot be reached" in complaint


def test_a_database_that_is_not_migrated_is_named(
    start_host: StartHost, empty_database_url: str
) -> None:
    complaint = refused(start_host, database_url=empty_database_url)
    assert "cbs migrate" in complaint


def test_a_database_of_another_contract_is_refused(
    start_host: StartHost, demo_database_url: str, books: psycopg.Connection
) -> None:
    books.execute(
        "CREATE OR REPLACE FUNCTION cbs_api.contract_version_v1() RETURNS integer "
        "LANGUAGE sql AS 'SELECT 9999'"
    )
    complaint = refused(start_host, database_url=demo_database_url)
    assert "9999" in complaint


def test_a_database_that_is_too_old_is_refused(
    demo_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = DecisionConnection(demo_database_url, application_name="test")
    monkeypatch.setattr("cbs.database.pool.SERVER_VERSION_MIN", 990_000)

    async def refuse() -> None:
        await connection.open()
        try:
            await connection.refuse_unless_ready(1)
        finally:
            await connection.close()

    with pytest.raises(DatabaseError, match="99 or later is needed"):
        asyncio.run(refuse())


def test_an_unknown_profile_is_named(start_host: StartHost, demo_database_url: str) -> None:
    complaint = refused(start_host, "--profile=no_such", database_url=demo_database_url)
    assert "no_such" in complaint


@pytest.mark.slow
def test_it_brings_its_own_database_and_finds_it_again(
    server_folder: Path, start_host: StartHost, connect: Connect, postgres_bin: Path | None
) -> None:
    settings = {"data_dir": str(server_folder)}
    if postgres_bin:
        settings["postgres_bin"] = str(postgres_bin)
    host = start_host("--migrate", "--demo", database_url=None, **settings)
    request = purchase(demo_pan(1), 1_00)
    first = connect(host).exchange(request)
    assert first["39"] == "00"
    assert host.stop() == 0
    again = start_host("--migrate", "--demo", database_url=None, **settings)
    repeated = connect(again).exchange({**request, "mti": "0101"})
    assert repeated["38"] == first["38"]


@pytest.mark.parametrize("said", ["starting PostgreSQL", "migration 0001", "loading"])
def test_an_interrupted_start_leaves_no_database_server_running(
    start_host: StartHost, server_folder: Path, said: str
) -> None:
    host = start_host(
        "--migrate", "--demo", database_url=None, wait=False, data_dir=str(server_folder)
    )
    wait_until(lambda: said in host.events_path.read_text())
    host.process.send_signal(signal.SIGTERM)
    assert host.wait_exit() == 130
    commands = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline")]
    assert not [command for command in commands if str(server_folder).encode() in command]

"""The embedded PostgreSQL dies under `cbs serve`, which brings it back or says that it cannot."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from functools import partial
from pathlib import Path

import psycopg
import pytest
from tests.e2e.client import purchase
from tests.e2e.conftest import Connect, StartHost
from tests.e2e.host import Host, wait_until

from cbs.database.check import find_problems
from cbs.database.embedded import running_url
from cbs.demo import demo_pan


@pytest.fixture
def start_embedded(
    server_folder: Path, start_host: StartHost, postgres_bin: Path | None
) -> Callable[[], Host]:
    """Start a host with a PostgreSQL and a demo portfolio of its own."""
    settings = {"data_dir": str(server_folder)}
    if postgres_bin:
        settings["postgres_bin"] = str(postgres_bin)
    return lambda: start_host("--migrate", "--demo", database_url=None, **settings)


def kill_postmaster(server_folder: Path) -> None:
    pid_file = server_folder / "postgres" / "cluster" / "postmaster.pid"
    os.kill(int(pid_file.read_text().split()[0]), signal.SIGKILL)


def restarted(host: Host, times: int) -> bool:
    return len(host.events("embedded_restarted")) == times


def processes_in(folder: Path) -> list[bytes]:
    commands = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline")]
    return [command for command in commands if str(folder).encode() in command]


def test_a_killed_database_server_is_restarted_and_the_books_agree(
    start_embedded: Callable[[], Host], server_folder: Path, connect: Connect
) -> None:
    host = start_embedded()
    client = connect(host)
    assert client.exchange(purchase(demo_pan(1), 1_00))["39"] == "00"
    for kills in (1, 2):
        kill_postmaster(server_folder)
        wait_until(partial(restarted, host, kills))
        wait_until(lambda: client.exchange(purchase(demo_pan(1), 1_00))["39"] == "00")
    url = running_url(server_folder / "postgres")
    assert url is not None
    assert find_problems(url) == []
    with psycopg.connect(url) as books:
        row = books.execute(
            "SELECT count(*) FROM cbs.operation "
            "WHERE message_class = '0100' AND response_code = '00'"
        ).fetchone()
    assert row is not None
    assert row[0] >= 3
    assert host.stop() == 0
    assert processes_in(server_folder) == []


def test_a_database_server_that_does_not_come_back_is_given_up_with_one_line(
    start_embedded: Callable[[], Host], server_folder: Path
) -> None:
    host = start_embedded()
    configuration = server_folder / "postgres" / "cluster" / "postgresql.conf"
    configuration.write_text("work_mem = 'plenty'\n")
    kill_postmaster(server_folder)
    assert host.wait_exit() == 1
    assert [event["attempt"] for event in host.events("embedded_failed")] == [1, 2, 3, 4, 5]
    lines = host.events_path.read_text().splitlines()
    assert "does not stay up, given up after 5 restarts" in lines[-1]
    assert str(server_folder / "postgres" / "postgres.log") in lines[-1]
    assert not [line for line in lines if "Traceback" in line]
    assert processes_in(server_folder) == []


def test_a_stop_while_the_database_server_restarts_is_an_orderly_one(
    start_embedded: Callable[[], Host], server_folder: Path
) -> None:
    host = start_embedded()
    kill_postmaster(server_folder)
    wait_until(lambda: running_url(server_folder / "postgres") is None)
    assert host.stop() == 0
    assert processes_in(server_folder) == []

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from cbs.database import embedded, system_account
from cbs.database.embedded import EmbeddedServer, running_url
from cbs.errors import DatabaseError

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root starts it as another user")

HOLDER = """
import sys, time
from pathlib import Path
from cbs.database.embedded import EmbeddedServer
bin_dir = Path(sys.argv[2]) if len(sys.argv) > 2 else None
server = EmbeddedServer(sys.argv[1], bin_dir=bin_dir, durable=False).start()
print(server.pid, flush=True)
time.sleep(600)
"""


class Servers:
    """Makes servers over one folder, with the programs under test."""

    def __init__(self, folder: Path, bin_dir: Path | None) -> None:
        self.folder = folder
        self.bin_dir = bin_dir

    def __call__(self, name: str = "postgres") -> EmbeddedServer:
        return EmbeddedServer(self.folder / name, bin_dir=self.bin_dir, durable=False)


@pytest.fixture
def servers(server_folder: Path, postgres_bin: Path | None) -> Servers:
    return Servers(server_folder, postgres_bin)


def setting(url: str, name: str) -> str:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT current_setting(%s)", (name,)).fetchone()
    assert row is not None
    return str(row[0])


def note(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE note AS SELECT 'kept' AS text")


def noted(url: str) -> str:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT text FROM note").fetchone()
    assert row is not None
    return str(row[0])


def kill(server: EmbeddedServer) -> None:
    """End the postmaster as a lack of memory would, and see that it has ended."""
    pid = server.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    while server.pid is not None:
        time.sleep(0.001)


@pytest.fixture
def holder(servers: Servers) -> Iterator[subprocess.Popen[str]]:
    """Another process that runs a server over the folder `postgres`."""
    arguments = [str(servers.folder / "postgres")]
    arguments += [str(servers.bin_dir)] if servers.bin_dir else []
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, *arguments], stdout=subprocess.PIPE, text=True
    )
    with process:
        yield process
        process.kill()


def pid_of(holder: subprocess.Popen[str]) -> int:
    assert holder.stdout is not None
    return int(holder.stdout.readline())


def test_a_second_start_finds_the_data(servers: Servers) -> None:
    with servers() as server:
        note(server.url)
    with servers() as server:
        assert noted(server.url) == "kept"


def test_a_durable_server_writes_through_and_checks_its_pages(servers: Servers) -> None:
    server = EmbeddedServer(servers.folder / "postgres", bin_dir=servers.bin_dir)
    with server:
        for name in ("data_checksums", "fsync", "synchronous_commit", "full_page_writes"):
            assert setting(server.url, name) == "on", name
        assert setting(server.url, "listen_addresses") == ""


def test_an_orderly_stop_leaves_nothing_to_recover(servers: Servers) -> None:
    server = EmbeddedServer(servers.folder / "postgres", bin_dir=servers.bin_dir)
    with server:
        assert server.pid is not None
    assert server.pid is None
    server.log_path.write_bytes(b"")
    with server:
        assert "was shut down at" in server.log_path.read_text()


def test_a_ctrl_c_at_the_terminal_does_not_reach_the_server(servers: Servers) -> None:
    with servers() as server:
        assert server.pid is not None
        assert os.getsid(server.pid) == server.pid != os.getsid(0)


@pytest.mark.parametrize("name", ["with blanks", "with,comma", 'with"quote', "long" * 40, "ünï"])
def test_any_folder_name_will_do(servers: Servers, name: str) -> None:
    with servers(name) as server:
        assert setting(server.url, "data_directory").endswith(f"{name}/cluster")


def test_a_second_server_on_the_folder_is_refused_and_the_first_one_named(
    servers: Servers,
) -> None:
    with servers() as first:
        with pytest.raises(DatabaseError, match=rf"in use.*process {first.pid}\b"):
            servers().start()
        assert setting(first.url, "port") == "5432"


def test_a_server_of_another_process_can_be_reached(
    servers: Servers, holder: subprocess.Popen[str]
) -> None:
    assert running_url(servers.folder / "postgres") is None
    pid = pid_of(holder)
    with pytest.raises(DatabaseError, match=rf"process {pid}\b"):
        servers().start()
    url = running_url(servers.folder / "postgres")
    assert url is not None
    note(url)
    assert noted(url) == "kept"


def test_what_a_killed_process_left_running_is_ended_and_its_data_kept(
    servers: Servers, holder: subprocess.Popen[str]
) -> None:
    leftover = pid_of(holder)
    url = running_url(servers.folder / "postgres")
    assert url is not None
    note(url)
    holder.kill()
    holder.wait()
    os.kill(leftover, 0)
    with servers() as server:
        assert noted(server.url) == "kept"
        assert server.pid != leftover


def test_a_server_that_died_is_recovered(servers: Servers) -> None:
    server = servers().start()
    note(server.url)
    assert server.pid is not None
    os.kill(server.pid, signal.SIGKILL)
    server.stop()
    assert (servers.folder / "postgres" / "cluster" / "postmaster.pid").exists()
    with servers() as again:
        assert noted(again.url) == "kept"


def test_a_server_that_died_is_restarted_at_the_same_url(servers: Servers) -> None:
    with servers() as server:
        note(server.url)
        url, pid = server.url, server.pid
        assert pid is not None
        server.restart()
        assert server.pid == pid
        with psycopg.connect(url):
            kill(server)
            server.restart()
        assert server.pid not in (None, pid)
        assert noted(url) == "kept"


def test_a_server_that_was_stopped_is_not_restarted(servers: Servers) -> None:
    server = servers().start()
    server.stop()
    server.restart()
    assert server.pid is None


@pytest.mark.parametrize("delay_ms", [0, 1, 10, 40])
def test_a_stop_amid_a_restart_leaves_nothing_running(servers: Servers, delay_ms: int) -> None:
    server = EmbeddedServer(servers.folder / "postgres", bin_dir=servers.bin_dir).start()
    note(server.url)
    kill(server)
    with ThreadPoolExecutor(1) as executor:
        restarting = executor.submit(server.restart)
        with contextlib.suppress(TimeoutError):
            restarting.result(delay_ms / 1000)
        server.stop()
        restarting.result()
    assert server.pid is None
    cluster = servers.folder / "postgres" / "cluster"
    assert embedded._processes_of(cluster.resolve()) == []
    with server:
        assert noted(server.url) == "kept"


@pytest.mark.parametrize("kill_of_backend", range(3))
def test_a_stop_amid_the_recovery_from_a_killed_backend_is_an_orderly_one(
    servers: Servers, kill_of_backend: int
) -> None:
    server = EmbeddedServer(servers.folder / "postgres", bin_dir=servers.bin_dir).start()
    note(server.url)
    with psycopg.connect(server.url) as victim:
        os.kill(victim.info.backend_pid, signal.SIGKILL)
        server.stop()
    assert "database system is shut down" in server.log_path.read_text().splitlines()[-1]
    with server:
        assert noted(server.url) == "kept"


def test_a_stale_pid_that_another_program_has_by_now_is_no_obstacle(servers: Servers) -> None:
    with servers():
        pass
    pid_file = servers.folder / "postgres" / "cluster" / "postmaster.pid"
    pid_file.write_text(f"{os.getpid()}\n{pid_file.parent}\n0\n5432\n\n\n\nready\n")
    with servers() as server:
        assert setting(server.url, "port") == "5432"


def test_an_interrupted_first_start_leaves_no_half_cluster(servers: Servers) -> None:
    with servers():
        pass
    cluster = servers.folder / "postgres" / "cluster"
    shutil.move(cluster, cluster.with_name("cluster.new"))
    (cluster.with_name("cluster.new") / "PG_VERSION").unlink()
    with servers() as server:
        assert setting(server.url, "port") == "5432"


def test_a_failing_start_shows_the_end_of_the_log(servers: Servers) -> None:
    with servers():
        pass
    configuration = servers.folder / "postgres" / "cluster" / "postgresql.conf"
    configuration.write_text("work_mem = 'plenty'\n")
    with pytest.raises(DatabaseError, match="could not start") as caught:
        servers().start()
    assert "postgres.log" in str(caught.value)
    assert 'invalid value for parameter "work_mem"' in str(caught.value)


def test_data_of_another_major_version_is_refused_by_name(servers: Servers) -> None:
    with servers():
        pass
    (servers.folder / "postgres" / "cluster" / "PG_VERSION").write_text("12\n")
    with pytest.raises(DatabaseError, match=r"written by PostgreSQL 12 .*CBS_POSTGRES_BIN"):
        servers().start()


def test_a_folder_that_cannot_be_made_is_named(postgres_bin: Path | None) -> None:
    with pytest.raises(DatabaseError, match=r"/dev/null/postgres cannot be made.*CBS_DATA_DIR"):
        EmbeddedServer("/dev/null/postgres", bin_dir=postgres_bin).start()


@as_root
def test_root_runs_it_under_an_unprivileged_account(servers: Servers) -> None:
    with servers() as server:
        owner = Path(f"/proc/{server.pid}").stat().st_uid
        assert owner != 0
        assert (servers.folder / "postgres" / "cluster").stat().st_uid == owner


@as_root
def test_root_may_keep_data_and_programs_where_nobody_else_can_look(
    servers: Servers, monkeypatch: pytest.MonkeyPatch, postgres_bin: Path | None
) -> None:
    monkeypatch.setattr(system_account, "ROOT_DIR", servers.folder / "root_dir")
    closed = servers.folder / "closed"
    closed.mkdir(mode=0o700)
    programs = postgres_bin
    if programs is None:
        package = EmbeddedServer(closed)._bin_dir.parents[1]
        for folder in (package, package.with_name(f"{package.name}.libs")):
            shutil.copytree(folder, closed / folder.name, symlinks=True)
        programs = closed / package.name / "pginstall" / "bin"
    for _ in range(2):
        with EmbeddedServer(closed / "data", bin_dir=programs, durable=False) as server:
            assert re.search(r"/root_dir/data-\w+/cluster$", setting(server.url, "data_directory"))
    assert (closed / "data").is_symlink()
    assert closed.stat().st_mode & 0o077 == 0

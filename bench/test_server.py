"""The whole server: a frame in, a frame out, through a real socket.

The load comes from this process on the same machine, from frames that were encoded beforehand, so
it takes a share of the processors that a network would not take.
"""

from __future__ import annotations

import os
import selectors
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from bench.conftest import TOKEN_KEY_HEX, Database
from bench.measure import MICROSECONDS, children_cpu_s, cpu_s
from bench.report import Report, Row
from bench.traffic import purchase_source
from cbs.codec import Codec, Framer

START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 30.0
REPLY_TIMEOUT_S = 10.0
ONE_BY_ONE_ROUNDS = 1_500
MESSAGES_PER_ROUND = 8_000
ROUNDS = 4


@dataclass(frozen=True, slots=True)
class ServerUnderBench:
    """A running `cbs serve`."""

    pid: int
    host: str
    port: int

    def link(self) -> socket.socket:
        """A new connection to it."""
        opened = socket.create_connection((self.host, self.port), timeout=REPLY_TIMEOUT_S)
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return opened


@pytest.fixture(scope="module")
def server(database: Database) -> Iterator[ServerUnderBench]:
    key_file, ready_file = database.folder / "token.key", database.folder / "ready"
    key_file.touch(mode=0o600)
    key_file.write_text(TOKEN_KEY_HEX, encoding="ascii")
    environment = os.environ | {
        "CBS_DATABASE_URL": database.url,
        "CBS_DATA_DIR": str(database.folder),
        "CBS_TOKEN_KEY_FILE": str(key_file),
        "CBS_LISTEN": "127.0.0.1:0",
        "CBS_LOG_LEVEL": "warning",
    }
    command = [sys.executable, "-c", "from cbs.cli import main; main()", "serve"]
    command += ["--ready-file", str(ready_file)]
    log_path = database.folder / "serve.log"
    with log_path.open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        host, port = wait_until_ready(process, ready_file, log_path).rsplit(":", 1)
        yield ServerUnderBench(process.pid, host, int(port))
    finally:
        process.terminate()
        assert process.wait(STOP_TIMEOUT_S) == 0, log_path.read_text(encoding="utf-8")


def wait_until_ready(process: subprocess.Popen[bytes], ready_file: Path, log_path: Path) -> str:
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline and process.poll() is None:
        if ready_file.exists():
            return ready_file.read_text(encoding="ascii").strip()
        time.sleep(0.02)
    raise RuntimeError(f"the server did not start: {log_path.read_text(encoding='utf-8')}")


def frames(codec: Codec, count: int, seed: int) -> list[bytes]:
    """Purchases, framed and ready to leave."""
    framer, purchase = Framer("vmlh"), purchase_source(seed)
    return [framer.wrap(codec.encode(purchase())) for _ in range(count)]


def take_replies(buffer: bytearray, replies: list[bytes]) -> int:
    """Move whole frames' bodies from `buffer` to `replies`; how many there were."""
    start, count = 0, 0
    while len(buffer) - start >= 4:
        end = start + 4 + int.from_bytes(buffer[start : start + 2], "big")
        if end > len(buffer):
            break
        replies.append(bytes(buffer[start + 4 : end]))
        start, count = end, count + 1
    del buffer[:start]
    return count


def assert_all_approved(codec: Codec, replies: list[bytes], expected: int) -> None:
    """As many replies as requests, each to another one, each an approval."""
    assert len(replies) == expected
    messages = [codec.decode(reply) for reply in replies]
    assert {(message.mti, message["39"]) for message in messages} == {("0110", "00")}
    assert len({message["37"] for message in messages}) == expected


@pytest.mark.benchmark(group="server")
def test_one_by_one(
    benchmark: BenchmarkFixture,
    report: Report,
    codec: Codec,
    database: Database,
    server: ServerUnderBench,
) -> None:
    waiting = iter(frames(codec, 1 + ONE_BY_ONE_ROUNDS, seed=2))
    replies: list[bytes] = []
    buffer = bytearray()
    with server.link() as link:

        def exchange(frame: bytes) -> None:
            link.sendall(frame)
            while not take_replies(buffer, replies):
                buffer.extend(link.recv(65_536))

        exchange(next(waiting))
        server_before_s, database_before_s = cpu_s(server.pid), children_cpu_s(database.server_pid)
        benchmark.pedantic(exchange, setup=lambda: ((next(waiting),), {}), rounds=ONE_BY_ONE_ROUNDS)
        server_s = cpu_s(server.pid) - server_before_s
        database_s = children_cpu_s(database.server_pid) - database_before_s
    assert_all_approved(codec, replies, len(replies))
    if benchmark.stats is not None:
        stats, count = benchmark.stats.stats, ONE_BY_ONE_ROUNDS
        report.add(
            Row(
                "server, one by one",
                stats.median * MICROSECONDS,
                1 / stats.median,
                cpu=cpu_text(server_s / count, database_s / count),
            )
        )


@pytest.mark.benchmark(group="server")
@pytest.mark.parametrize(("links", "in_flight"), [(4, 16), (8, 128)])
def test_many_links(
    benchmark: BenchmarkFixture,
    report: Report,
    codec: Codec,
    database: Database,
    server: ServerUnderBench,
    links: int,
    in_flight: int,
) -> None:
    replies: list[bytes] = []
    opened = [server.link() for _ in range(links)]

    def fresh() -> tuple[tuple[list[bytes]], dict[str, object]]:
        return (frames(codec, MESSAGES_PER_ROUND, seed=links),), {}

    def exchange_all(waiting: list[bytes]) -> None:
        drive(opened, waiting, in_flight, replies)

    exchange_all(*fresh()[0])
    server_before_s, database_before_s = cpu_s(server.pid), children_cpu_s(database.server_pid)
    benchmark.pedantic(exchange_all, setup=fresh, rounds=ROUNDS)
    server_s = cpu_s(server.pid) - server_before_s
    database_s = children_cpu_s(database.server_pid) - database_before_s
    for link in opened:
        link.close()
    rounds = len(replies) // MESSAGES_PER_ROUND
    assert_all_approved(codec, replies, rounds * MESSAGES_PER_ROUND)
    database.assert_books_balance()
    if benchmark.stats is not None:
        median_us = benchmark.stats.stats.median * MICROSECONDS / MESSAGES_PER_ROUND
        count = ROUNDS * MESSAGES_PER_ROUND
        report.add(
            Row(
                f"server, {links} links with {in_flight} in flight each",
                median_us,
                MICROSECONDS / median_us,
                cpu=cpu_text(server_s / count, database_s / count),
            )
        )


def drive(
    opened: list[socket.socket], waiting: list[bytes], in_flight: int, replies: list[bytes]
) -> None:
    """Send `waiting` over all links, `in_flight` at a time on each, until all are answered."""
    next_frame = iter(waiting)
    outstanding = 0
    with selectors.DefaultSelector() as selector:
        for link in opened:
            selector.register(link, selectors.EVENT_READ, bytearray())
            outstanding += send_some(link, next_frame, in_flight)
        while outstanding:
            ready = selector.select(REPLY_TIMEOUT_S)
            assert ready, f"{outstanding} requests were not answered"
            for key, _ in ready:
                link = cast(socket.socket, key.fileobj)
                data = link.recv(262_144)
                assert data, "the server closed a link"
                key.data.extend(data)
                answered = take_replies(key.data, replies)
                outstanding += send_some(link, next_frame, answered) - answered


def send_some(link: socket.socket, next_frame: Iterator[bytes], count: int) -> int:
    """Send up to `count` frames in one write; how many there were."""
    batch = [frame for _, frame in zip(range(count), next_frame, strict=False)]
    if batch:
        link.sendall(b"".join(batch))
    return len(batch)


def cpu_text(server_s: float, database_s: float) -> str:
    return f"server {server_s * MICROSECONDS:.1f}, database {database_s * MICROSECONDS:.1f}"

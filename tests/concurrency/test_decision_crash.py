"""Connections and servers that die under load: what was answered stays, nothing is booked twice."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from tests.concurrency.crowd import NOW, open_bank, shared_out
from tests.model.banks import SqlBank
from tests.model.holder import Holder
from tests.model.records import Record

from cbs.database.embedded import EmbeddedServer
from cbs.database.migrate import migrate

RECONNECT_TIMEOUT_S = 60


class StubbornSender(threading.Thread):
    """Sends its messages until each is answered, over as many connections as that takes."""

    def __init__(self, url: str, records: list[Record]) -> None:
        """Keep what to send; `answers` fills up in the order of the records."""
        super().__init__()
        self.url = url
        self.records = records
        self.answers: list[Any] = []
        self.interruption_count = 0
        self.error: BaseException | None = None

    def run(self) -> None:
        """Send them all; any error but a lost connection is kept for `finish`."""
        try:
            bank = self._connect()
            while len(self.answers) < len(self.records):
                try:
                    record = self.records[len(self.answers)]
                    self.answers.append(bank.send_raw([record], NOW)[0])
                except psycopg.OperationalError:
                    self.interruption_count += 1
                    bank = self._connect()
            bank.connection.close()
        except BaseException as error:
            self.error = error

    def finish(self) -> None:
        """Wait for the last answer."""
        self.join()
        if self.error is not None:
            raise self.error

    def _connect(self) -> SqlBank:
        """A server that recovers refuses connections for a while."""
        deadline = time.monotonic() + RECONNECT_TIMEOUT_S
        while True:
            try:
                return open_bank(self.url)
            except psycopg.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.02)


@pytest.fixture
def own_server(server_folder: Path, postgres_bin: Path | None) -> Iterator[EmbeddedServer]:
    """A durable server of this test's own, migrated, that may be hurt."""
    with EmbeddedServer(server_folder / "postgres", bin_dir=postgres_bin) as server:
        migrate(server.url)
        yield server


def test_terminated_backends_lose_no_answer_and_book_nothing_twice(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as admin:

        def terminate_all_others() -> None:
            admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )

        _hurt_and_compare(database_url, terminate_all_others, harm_count=8)


@pytest.mark.slow
def test_a_killed_backend_process_loses_no_answer_and_books_nothing_twice(
    own_server: EmbeddedServer,
) -> None:
    def kill_one() -> None:
        with psycopg.connect(own_server.url, autocommit=True) as victim:
            os.kill(victim.info.backend_pid, signal.SIGKILL)
            # the server answers again once it has ended all sessions and recovered
            with pytest.raises(psycopg.OperationalError):
                victim.execute("SELECT 1")

    _hurt_and_compare(own_server.url, kill_one, harm_count=3)


def _hurt_and_compare(url: str, harm: Callable[[], None], *, harm_count: int) -> None:
    """Do harm at even distances while messages are sent, then compare answers, log and books."""
    with open_bank(url).connection as connection:
        holders = [Holder.with_money(SqlBank(connection), 1_000_000) for _ in range(4)]
        records = [
            holder.message(("0100", "0200", "0120")[index % 3], amount_minor=100)
            for index in range(500)
            for holder in holders
        ]
    senders = [StubbornSender(url, share) for share in shared_out(records, 8)]
    for sender in senders:
        sender.start()
    for step in range(1, harm_count + 1):
        goal = len(records) * step // (harm_count + 1)
        while sum(len(sender.answers) for sender in senders) < goal:
            assert any(sender.is_alive() for sender in senders)
            time.sleep(0.001)
        harm()
    for sender in senders:
        sender.finish()
    assert sum(sender.interruption_count for sender in senders) > 0
    _assert_each_is_booked_once(url, senders, holders)


def _assert_each_is_booked_once(
    url: str, senders: list[StubbornSender], holders: list[Holder]
) -> None:
    bank = open_bank(url)
    with bank.connection:
        rows = bank.connection.execute(
            "SELECT card_token, identity_key, response_code FROM cbs.operation"
            " WHERE card_token = ANY (%s)",
            [[holder.card_token for holder in holders]],
        ).fetchall()
        logged = {(bytes(token), bytes(key)): code for token, key, code in rows}
        for sender in senders:
            for record, answer in zip(sender.records, sender.answers, strict=True):
                assert record.card_token is not None
                assert logged[record.card_token, record.identity_key] == "00"
                assert answer.response_code == "00"
        assert len(rows) == len(logged) == sum(len(sender.records) for sender in senders)
        for holder in holders:
            holder.bank = bank
            assert holder.balances == (983_300, 33_300, 950_000)
        assert bank.problems() == []

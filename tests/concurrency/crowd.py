"""Many connections at once, each in its own thread, all starting at the same moment."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any, TypeVar

import psycopg
from tests.model.banks import SqlBank
from tests.model.records import Record

Work = TypeVar("Work")
NOW = datetime(2026, 6, 15, 12, 0, 0, tzinfo=UTC)


def open_bank(url: str) -> SqlBank:
    """A bank over a new connection in autocommit."""
    return SqlBank(psycopg.connect(url, autocommit=True))


def together(url: str, shares: Sequence[Work], do: Callable[[SqlBank, Work], Any]) -> list[Any]:
    """Do each share of the work over a connection of its own; what each gave, in their order.

    An error of one is raised here once all have ended.
    """
    barrier = threading.Barrier(len(shares))

    def work(share: Work) -> Any:
        bank = open_bank(url)
        with bank.connection:
            barrier.wait()
            return do(bank, share)

    with ThreadPoolExecutor(len(shares)) as pool:
        return [future.result() for future in [pool.submit(work, share) for share in shares]]


def shared_out(records: Sequence[Record], count: int) -> list[list[Record]]:
    """The records dealt to `count` hands, one after the other."""
    return [list(records[index::count]) for index in range(count)]


def send_one_by_one(bank: SqlBank, records: Sequence[Record]) -> list[Any]:
    """A call for each; the rows of the procedure."""
    return [bank.send_raw([record], NOW)[0] for record in records]

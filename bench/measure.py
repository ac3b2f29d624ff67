"""Clocks of a bench: interleaved comparison, CPU time of other processes, the disk's flush."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

NANOSECONDS: Final = 1_000_000_000
MICROSECONDS: Final = 1_000_000


def interleaved_ratio(
    ours: Callable[[], object],
    peer: Callable[[], object],
    *,
    rounds: int = 15,
    calls: int = 200,
) -> float:
    """How many times longer `peer` takes: the median over rounds that alternate the two.

    Two measurements one after the other differ by what else the machine did meanwhile; two that
    alternate differ by what is measured. It is CPU time of this process, since on a busy machine
    the longer of two calls is interrupted more often.
    """
    return statistics.median(_cpu_s(peer, calls) / _cpu_s(ours, calls) for _ in range(rounds))


def cpu_s(pid: int) -> float:
    """CPU seconds of one process so far, its threads included, its children not.

    From the scheduler's own counters, which are in nanoseconds; utime and stime of /proc/PID/stat
    say the same in steps of 10 ms.
    """
    tasks = Path(f"/proc/{pid}/task").iterdir()
    counters = ((task / "schedstat").read_text(encoding="ascii") for task in tasks)
    return sum(int(counter.split()[0]) for counter in counters) / NANOSECONDS


def children_cpu_s(pid: int) -> float:
    """CPU seconds so far of the processes that `pid` has started and that still run."""
    total_s = 0.0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            # The second field is the name in brackets, which may hold blanks.
            parent = (
                stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[1]
            )
            if int(parent) == pid:
                total_s += cpu_s(int(stat.parent.name))
        except (FileNotFoundError, ProcessLookupError):
            # It ended between the listing and the reading.
            continue
    return total_s


def ended_children_cpu_s(pid: int) -> float:
    """CPU seconds of the processes that `pid` has started and that have ended; steps of 10 ms."""
    # The second field is the name in brackets, which may hold blanks.
    values = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(values[13]) + int(values[14])) / os.sysconf("SC_CLK_TCK")


def flush_ms(folder: Path) -> float:
    """Median milliseconds of writing 8 kB and flushing it to the disk that holds `folder`."""
    path = folder / "flush-test"
    times_s = []
    with path.open("wb", buffering=0) as file:
        for _ in range(100):
            started = time.perf_counter()
            os.pwrite(file.fileno(), b"\0" * 8192, 0)
            os.fdatasync(file.fileno())
            times_s.append(time.perf_counter() - started)
    path.unlink()
    return statistics.median(times_s) * 1000


def _cpu_s(call: Callable[[], object], calls: int) -> float:
    started = time.process_time()
    for _ in range(calls):
        call()
    return time.process_time() - started

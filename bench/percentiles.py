"""Nanoseconds of one decode through Python, per dialect: `python -m bench.percentiles`.

Every call is timed by itself, the clock's own time taken off, so that the tail shows: what the
median of a loop hides is in the last columns. Collections of Python's garbage are part of it.
"""

from __future__ import annotations

import functools
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

from cbs._native import build_profile
from cbs.codec import Codec
from cbs.errors import DecodeError

CALLS: Final = 50_000
WARM_UP_CALLS: Final = 2_000
SHARES: Final = (0.5, 0.9, 0.99, 0.999)
ROOT: Final = Path(__file__).resolve().parents[1]


class Sample(NamedTuple):
    """One message of a dialect."""

    dialect: str
    codec: Codec
    body: bytes
    element_count: int


def samples() -> list[Sample]:
    """The first public message of each dialect that stands without a frame, and our purchase."""
    purchase = bytes.fromhex((ROOT / "bench" / "purchase.hex").read_text(encoding="ascii"))
    found = [_sample("visa_like", purchase)]
    path = ROOT / "tests" / "vectors" / "dialect_messages.json"
    for vector in json.loads(path.read_text(encoding="utf-8")):
        dialect = vector["specification"]
        if dialect in {sample.dialect for sample in found}:
            continue
        try:
            found.append(_sample(dialect, bytes.fromhex(vector["hex"])))
        except DecodeError:
            # With its frame in front; another message of the dialect stands without.
            continue
    return found


def percentiles_ns(call: Callable[[], object], calls: int = CALLS) -> list[int]:
    """What so many in a hundred calls stay within, by `SHARES`; nanoseconds."""
    for _ in range(min(calls, WARM_UP_CALLS)):
        call()
    own = _sorted_times(lambda: None, calls)
    times = _sorted_times(call, calls)
    overhead = own[len(own) // 2]
    return [max(0, times[int(share * (len(times) - 1))] - overhead) for share in SHARES]


def main() -> None:
    """Print the table."""
    if build_profile != "release":
        raise SystemExit("a debug build gives no figures: make environment")
    print("| dialect | elements | bytes | p50 ns | p90 ns | p99 ns | p99.9 ns |")
    print("|---|--:|--:|--:|--:|--:|--:|")
    for dialect, codec, body, element_count in samples():
        figures = percentiles_ns(functools.partial(codec.decode, body))
        cells = " | ".join(f"{figure:,}" for figure in figures)
        print(f"| `{dialect}` | {element_count} | {len(body)} | {cells} |")


def _sample(dialect: str, body: bytes) -> Sample:
    codec = Codec.load(dialect)
    message = codec.decode(body)
    if codec.encode(message) != body:
        raise AssertionError(f"{dialect}: another message came back")
    return Sample(dialect, codec, body, len(message))


def _sorted_times(call: Callable[[], object], calls: int) -> list[int]:
    times = []
    clock = time.perf_counter_ns
    for _ in range(calls):
        started = clock()
        call()
        times.append(clock() - started)
    return sorted(times)


if __name__ == "__main__":
    main()

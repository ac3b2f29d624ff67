"""Importers against files by chance: `python -m tests.fuzz.imports COUNT [SEED [INDEX]]`.

Inputs are mutations of small files of every format, and of those in a folder given with `--files`
(.json, .yaml, .xml, .py). Each must give a specification that loads and reads without loss, or a
`SpecificationImportError` whose every problem has a text: no other exception, no hang, no memory
without end. Prints one line of JSON and fails on anything else. With INDEX, one input once more.
"""

from __future__ import annotations

import argparse
import faulthandler
import json
import random
import re
import resource
import sys
import time
import traceback
from pathlib import Path
from typing import Any

from tests.fuzz.import_seeds import SEEDS, VOCABULARY

from cbs.codec import Codec
from cbs.errors import DecodeError, SpecificationImportError
from cbs.importers import Choices, import_specification

HANG_S = 20
"""An input that takes longer ends the run with a traceback."""
MEMORY_BYTES_MAX = 2 << 30
"""Room for the process; an input that wants more fails with a `MemoryError`."""
SLOW_BASE_S = 0.5
SLOW_S_PER_BYTE = 0.00002
"""A longer time for an input counts as a failure."""
TRIES = 3
TOKEN = re.compile(rb"[A-Za-z0-9_.]+")
ELEMENT = re.compile(rb"<[^<>]*>|\{[^{}]*\}|\n[^\n]*")
FORMATS = {".json": "moov", ".yaml": "moov", ".yml": "moov", ".xml": "jpos", ".py": "pyiso8583"}
BODIES = [b"", b"0100" + bytes(8), b"\x01\x00" + bytes(8), bytes(range(256)), b"0" * 200]
CHOICES = [
    Choices(ebcdic_page=page, follow=follow)
    for page in (None, "037")
    for follow in (None, "read", "write")
]


def mutated(chance: random.Random, seeds: list[tuple[str, bytes]]) -> tuple[str, bytes, Choices]:
    """Format, content and choices of one input."""
    format_name, content = chance.choice(seeds)
    for _ in range(chance.choice((0, 1, 1, 1, 2, 3, 8))):
        content = changed(chance, content)
    return format_name, content[:200_000], chance.choice(CHOICES)


def changed(chance: random.Random, content: bytes) -> bytes:
    """One change: of a token, of an element, of a byte, or one that asks for too much."""
    kind = chance.randrange(10)
    if kind < 4:
        found = list(TOKEN.finditer(content))
        if not found:
            return content + b"x"
        token = chance.choice(found)
        other = chance.choice(found).group() if kind == 0 else chance.choice(VOCABULARY)
        return content[: token.start()] + other + content[token.end() :]
    if kind < 7:
        found = list(ELEMENT.finditer(content))
        if not found:
            return content
        element = chance.choice(found)
        repeat = chance.choice((0, 2, 2, 3, 300))
        return content[: element.start()] + element.group() * repeat + content[element.end() :]
    place = chance.randrange(len(content) + 1)
    if kind == 7:
        return content[:place] + bytes([chance.randrange(256)]) + content[place + 1 :]
    if kind == 8:
        return content[:place] + content[place + chance.randrange(40) :]
    bomb = chance.choice((b"[" * 5000, b"{" * 5000, b"9" * 5000, b"- " * 5000, b"&a [*a]", b"\0"))
    return content[:place] + bomb + content[place:]


def judge(format_name: str, content: bytes, choices: Choices) -> bool:
    """Whether the input was imported; raises for what must not happen."""
    try:
        text = import_specification(format_name, content, choices=choices)
    except SpecificationImportError as error:
        assert error.problems, "an error without a place"
        assert all(problem for _, problem in error.problems), "an error without words"
        return False
    codec = Codec(text, name="imported")
    for body in BODIES:
        try:
            message = codec.decode(body)
        except DecodeError as error:
            assert error.offset is not None, "an error without a place"
        else:
            assert codec.encode(message) == body, "encode(decode(b)) != b"
    return True


class Run:
    """What a run saw."""

    def __init__(self) -> None:
        """Nothing yet."""
        self.accepted = 0
        self.input_bytes = 0
        self.failures: list[tuple[int, str]] = []
        self.slow: list[int] = []
        self.slowest: tuple[float, int] = (0.0, -1)

    def one(self, index: int, given: tuple[str, bytes, Choices]) -> None:
        """Judge one input and its time: the shortest of several, where it would count."""
        self.input_bytes += len(given[1])
        taken = self._timed(index, given)
        limit = SLOW_BASE_S + SLOW_S_PER_BYTE * len(given[1])
        if taken > min(limit, self.slowest[0]):
            taken = min(taken, *(self._timed(-1, given) for _ in range(TRIES - 1)))
        self.slowest = max(self.slowest, (taken, index))
        if taken > limit:
            self.slow.append(index)

    def _timed(self, index: int, given: tuple[str, bytes, Choices]) -> float:
        faulthandler.dump_traceback_later(HANG_S, exit=True)
        started = time.process_time()
        try:
            self.accepted += judge(*given) and index >= 0
        except Exception as error:
            place = traceback.extract_tb(error.__traceback__)[-1]
            if index >= 0:
                name = f"{type(error).__name__} at {Path(place.filename).name}:{place.lineno}"
                self.failures.append((index, name))
        finally:
            faulthandler.cancel_dump_traceback_later()
        return time.process_time() - started


def files(folder: Path | None) -> list[tuple[str, bytes]]:
    """The files of a folder that have a known ending, by format."""
    paths = sorted(folder.rglob("*")) if folder else []
    return [(FORMATS[it.suffix], it.read_bytes()) for it in paths if it.suffix in FORMATS]


def main(arguments: list[str]) -> int:
    """Run what the command line asks for; the number of failures that it found, at most one."""
    parser = argparse.ArgumentParser(
        description="Fuzz the importers, as in: python -m tests.fuzz.imports 2000 7"
    )
    parser.add_argument("count", type=int)
    parser.add_argument("seed", type=int, nargs="?", default=1)
    parser.add_argument("index", type=int, nargs="?")
    parser.add_argument("--files", type=Path, help="a folder of more files to start from")
    options = parser.parse_args(arguments)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES_MAX, MEMORY_BYTES_MAX))
    seeds = SEEDS + files(options.files)

    def given(index: int) -> tuple[str, bytes, Choices]:
        return mutated(random.Random(f"{options.seed}/{index}"), seeds)

    if options.index is not None:
        format_name, content, choices = given(options.index)
        print(format_name, choices, content[:4000], sep="\n")
        print("imported:", judge(format_name, content, choices))
        return 0
    run, started = Run(), time.perf_counter()
    for index in range(options.count):
        run.one(index, given(index))
    report: dict[str, Any] = {
        "target": "imports",
        "seed": options.seed,
        "inputs": options.count,
        "input_bytes": run.input_bytes,
        "accepted": run.accepted,
        "failures": len(run.failures),
        "first_failures": run.failures[:10],
        "slow": len(run.slow),
        "first_slow": run.slow[:10],
        "slowest_ms": round(run.slowest[0] * 1000, 1),
        "slowest_index": run.slowest[1],
        "peak_memory_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        "seconds": round(time.perf_counter() - started),
    }
    print(json.dumps(report))
    return int(bool(run.failures or run.slow))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

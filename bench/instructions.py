"""Instructions of the codec's work, counted by callgrind and held against a stored baseline.

`make instructions` compares, `make instructions ARGUMENTS=--update` stores what it counts. Counts
do not depend on what else the machine does, so a few per cent more is a change of the code or of
the compiler, not noise.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
PROGRAM: Final = ROOT / "rust" / "target" / "release" / "instructions"
BASELINE: Final = Path(__file__).with_name("instructions.json")
OPERATIONS: Final = (
    "decode",
    "read",
    "decode to JSON",
    "encode",
    "encode texts",
    "decode error",
)
TOLERANCE: Final = 0.05
FEW: Final = 100
MANY: Final = 600


def main() -> int:
    """Count, print, compare; 1 if an operation costs more than the baseline allows."""
    if shutil.which("valgrind") is None:
        print("instructions: valgrind is not installed (apt-get install valgrind); nothing counted")
        return 0
    counted = {operation: instructions(operation) for operation in OPERATIONS}
    if "--update" in sys.argv[1:]:
        BASELINE.write_text(json.dumps(counted, indent=2) + "\n", encoding="utf-8")
    baseline: dict[str, int] = json.loads(BASELINE.read_text(encoding="utf-8"))
    slower = []
    print("| operation | instructions | baseline | change |")
    print("|---|--:|--:|--:|")
    for operation, count in counted.items():
        if operation not in baseline:
            print(f"| {operation} | {count:,} | none: --update stores it | |")
            slower.append(operation)
            continue
        change = count / baseline[operation] - 1
        print(f"| {operation} | {count:,} | {baseline[operation]:,} | {change:+.1%} |")
        if change > TOLERANCE:
            slower.append(operation)
    if slower:
        print(f"more than {TOLERANCE:.0%} above the baseline, or none: {', '.join(slower)}")
    return 1 if slower else 0


def instructions(operation: str) -> int:
    """Instructions of one operation: what doing it more often adds; starting is left out."""
    return round((_collected(operation, MANY) - _collected(operation, FEW)) / (MANY - FEW))


def _collected(operation: str, times: int) -> int:
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"]
    done = subprocess.run(
        [*command, str(PROGRAM), operation, str(times)], capture_output=True, text=True, check=False
    )
    found = re.search(r"Collected : (\d+)", done.stderr)
    if done.returncode != 0 or found is None:
        raise SystemExit(f"callgrind failed on {operation!r}:\n{done.stderr}")
    return int(found[1])


if __name__ == "__main__":
    raise SystemExit(main())

"""Benches: the ones without a database run, and none runs on a debug build."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from bench.percentiles import percentiles_ns, samples
from bench.report import Report, Row

ROOT = Path(__file__).parents[2]


def run_python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def test_every_codec_bench_runs_and_its_assertions_hold() -> None:
    result = run_python(
        "import pytest; raise SystemExit(pytest.main(['-q', 'bench/test_codec.py']))"
    )

    assert result.returncode == 0, result.stdout
    assert "8 passed" in result.stdout


def test_a_debug_build_is_refused() -> None:
    result = run_python(
        "import cbs._native, pytest\n"
        "cbs._native.build_profile = 'debug'\n"
        "raise SystemExit(pytest.main(['-q', '--collect-only', 'bench/test_codec.py']))"
    )

    assert result.returncode != 0
    assert "the extension is a debug build" in result.stderr


def test_the_table_lines_up_and_leaves_empty_what_was_not_measured() -> None:
    report = Report()
    report.add(Row("decode", 1.234, 810_372.8, 6.71))
    report.add(Row("decision, batch of 1", cpu="backend 100.0"))

    assert report.lines() == [
        "| measurement          | median us | per second | ratio |        CPU us |",
        "| -------------------- | --------: | ---------: | ----: | ------------: |",
        "| decode               |      1.23 |    810,373 |  6.7x |               |",
        "| decision, batch of 1 |           |            |       | backend 100.0 |",
    ]


def test_percentiles_are_those_of_single_calls_and_every_dialect_is_there() -> None:
    waits = iter([0.0] * 4_150 + [0.002] * 50)
    p50, _, p99, _ = percentiles_ns(lambda: time.sleep(next(waits)), calls=2_200)
    assert p50 < 1_500_000 < p99
    assert {"visa_like", "iso87_ascii", "mastercard_like"} <= {it.dialect for it in samples()}

"""The load test runs against a host without one failure, and would notice one."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psycopg
import pytest
from tests.e2e.host import Host, wait_until

LOCUSTFILE = Path(__file__).parents[2] / "loadtest" / "locustfile.py"


def start_locust(address: str, log: Path, **options: str) -> subprocess.Popen[str]:
    """A headless run of four seconds; its report goes to the pipe, all else to `log`.

    An option given twice counts as given last.
    """
    command = [sys.executable, "-m", "locust", "-f", str(LOCUSTFILE), "--headless", "--json"]
    command += ["--host", address, "--users", "5", "--spawn-rate", "5", "--run-time", "4s"]
    command += ["--iso-rate", "20", "--stop-timeout", "5"]
    for name, value in options.items():
        command += [f"--{name.replace('_', '-')}", value]
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("CBS_LOADTEST_", "LOCUST_"))
    }
    with log.open("w", encoding="utf-8") as errors:
        return subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=errors, text=True
        )


def finish_locust(
    process: subprocess.Popen[str], log: Path
) -> tuple[int, list[dict[str, Any]], str]:
    """Exit code, the report's rows, what it printed."""
    report, _ = process.communicate(timeout=60)
    printed = log.read_text(encoding="utf-8")
    assert report, printed
    return process.returncode, json.loads(report), printed


def test_a_short_run_has_requests_of_every_kind_and_no_failure(
    running_server: Host, books: psycopg.Connection, tmp_path: Path
) -> None:
    log = tmp_path / "locust.log"
    mix = "purchase=6,completion=1,reversal=1,repeat=1,inquiry=1,echo=1"
    mix += ",unknown_card=1,too_much=1,malformed=1"

    process = start_locust(address_of(running_server), log, iso_mix=mix)
    exit_code, rows, printed = finish_locust(process, log)

    assert sum(row["num_requests"] for row in rows) > 50
    assert [row["name"] for row in rows if row["num_failures"]] == [], printed
    assert {row["name"] for row in rows} == {
        "0800 sign-on",
        "0100 purchase",
        "0120 completion",
        "0420 reversal",
        "0101 repeat",
        "0100 inquiry",
        "0800 echo",
        "0100 unknown card",
        "0100 too much",
        "0100 malformed",
        "0800 sign-off",
    }
    assert exit_code == 0, printed
    assert books.execute("SELECT * FROM cbs_api.check_v1()").fetchall() == []


def test_a_host_that_answers_otherwise_fails_the_run(running_server: Host, tmp_path: Path) -> None:
    # A card that nobody has: every purchase is declined, which a purchase must not be.
    cards = tmp_path / "cards.csv"
    cards.write_text("pan,expiry,currency\n4000009999999997,2912,EUR\n", encoding="ascii")

    log = tmp_path / "locust.log"
    process = start_locust(
        address_of(running_server), log, iso_mix="purchase=1", iso_cards=str(cards)
    )
    exit_code, rows, _ = finish_locust(process, log)

    purchases = next(row for row in rows if row["name"] == "0100 purchase")
    assert purchases["num_failures"] == purchases["num_requests"] > 0
    assert exit_code == 1


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"iso_mix": "gold=1"}, "no 'gold' in the mix"),
        ({"iso_cards": "none.csv"}, "none.csv"),
        ({"iso_rate": "0"}, "have to be above zero"),
        ({"iso_rate": "nan"}, "have to be above zero"),
        ({"host": "127.0.0.1"}, "--host wants host:port"),
        ({"iso_cards": "5-1"}, "from a lower number to a higher"),
        ({"iso_cards": "1-9999"}, "1-2000"),
        ({"iso_cards": os.devnull}, "the first line lacks pan, expiry, currency"),
        ({"iso_mix": "purchase=0"}, "one must be above"),
        ({"iso_mix": "purchase=6,echo=-1"}, "must not be below zero"),
        ({"iso_mix": "purchase"}, "a number after purchase="),
    ],
    ids=str,
)
def test_options_that_cannot_be_used_end_the_run_before_it_starts(
    options: dict[str, str], complaint: str, tmp_path: Path
) -> None:
    log = tmp_path / "locust.log"
    process = start_locust("127.0.0.1:1", log, **options)
    process.communicate(timeout=60)

    assert process.returncode == 1
    printed = log.read_text(encoding="utf-8")
    assert "these options cannot be used" in printed
    assert complaint in printed


def test_a_stall_of_the_host_is_in_the_response_times(running_server: Host, tmp_path: Path) -> None:
    log = tmp_path / "locust.log"
    process = start_locust(address_of(running_server), log, iso_mix="echo=1", run_time="6s")
    wait_until(lambda: "0800 echo" in log.read_text(encoding="utf-8"))

    running_server.process.send_signal(signal.SIGSTOP)
    time.sleep(1.0)
    running_server.process.send_signal(signal.SIGCONT)

    _, rows, _ = finish_locust(process, log)
    echoes = next(row for row in rows if row["name"] == "0800 echo")
    slow = sum(
        count for time_ms, count in echoes["response_times"].items() if float(time_ms) >= 300
    )
    # Five users meant to send twenty messages each in that second, seventy of them in the first
    # 0.7 s. Users that only wait for their replies would have measured five slow ones.
    assert slow >= 50, echoes["response_times"]


def test_the_lunch_hour_is_played_from_midnight_to_midnight(running_server: Host) -> None:
    # A quarter of a second for each hour: the day ends by itself after six seconds.
    environment = {
        "PATH": os.environ["PATH"],
        "CBS_LOADTEST_SHAPE": "lunch",
        "CBS_LOADTEST_MINUTES_PER_HOUR": str(0.25 / 60),
        "CBS_LOADTEST_USERS_PEAK": "8",
    }
    command = [sys.executable, "-m", "locust", "-f", str(LOCUSTFILE), "--headless", "--json"]
    command += ["--host", address_of(running_server), "--iso-rate", "10"]

    result = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=60, check=False
    )

    rows = json.loads(result.stdout)
    assert result.returncode == 0, result.stderr
    assert sum(row["num_failures"] for row in rows) == 0, result.stderr
    signed_on = next(row for row in rows if row["name"] == "0800 sign-on")
    assert signed_on["num_requests"] > 1


def address_of(running_server: Host) -> str:
    """host:port of the server fixture."""
    return f"{running_server.host}:{running_server.port}"

"""Stories end to end: the simulator against a running server, as a person would run them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from cbs.demo import demo_pan
from cbs.simulator.stories import STORIES

Simulate = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def simulate(running_server: Any, tmp_path: Path) -> Simulate:
    """`cbs simulate` with these arguments, pointed at the server."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", "from cbs.cli import main; main()", "simulate"]
        address = ["--host", running_server.host, "--port", str(running_server.port)]
        environment = {"PATH": os.environ["PATH"], "CBS_DATA_DIR": str(tmp_path)}
        return subprocess.run(
            [*command, *arguments, *address],
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


@pytest.mark.parametrize("name", [story.name for story in STORIES])
def test_a_story_can_be_told_twice_to_the_same_host(simulate: Simulate, name: str) -> None:
    for _ in range(2):
        result = simulate("stories", name)

        assert result.returncode == 0, result.stdout + result.stderr
        assert f"ok: {name}" in result.stdout
        assert "ok: 1 of 1 stories" in result.stdout


def test_all_stories_together_print_plain_text_without_a_card_number(
    simulate: Simulate, books: psycopg.Connection
) -> None:
    result = simulate("stories")

    assert result.returncode == 0, result.stdout + result.stderr
    assert f"ok: {len(STORIES)} of {len(STORIES)} stories" in result.stdout
    assert "\x1b" not in result.stdout
    assert re.findall(r"\d{13,19}", result.stdout) == []
    assert "-> 0101 repeated authorization: purchase of EUR 42.50 by chip" in result.stdout
    assert "10 partly approved" in result.stdout
    assert books.execute("SELECT * FROM cbs_api.check_v1()").fetchall() == []


def test_a_story_whose_expectation_does_not_come_true_fails(simulate: Simulate) -> None:
    # Card 1801 is frozen by its holder: even the first question is declined.
    result = simulate("stories", "web-purchase", "--card", "1801")

    assert result.returncode == 1
    assert "FAILED: web-purchase: expected 00 approved, got: 0110 62 restricted card" in (
        result.stdout
    )


def test_a_purchase_is_approved_and_taken_back_by_memory(simulate: Simulate) -> None:
    bought = simulate("purchase", "--card", "1502", "--amount", "42.50", "--entry", "contactless")
    taken_back = simulate("reversal", "--last")
    again = simulate("reversal", "--last", "--json")

    assert bought.returncode == 0, bought.stderr
    assert "<- 0110 00 approved EUR 42.50, authorization code" in bought.stdout
    assert taken_back.returncode == 0, taken_back.stderr
    assert "<- 0430 00 accepted" in taken_back.stdout
    assert json.loads(again.stdout)["reply"]["39"] == "00"


def test_a_purchase_is_taken_back_by_what_was_printed_of_it(simulate: Simulate) -> None:
    bought = simulate("purchase", "--card", "1502", "--amount", "20.00")
    printed = re.search(r"or (--card .*)", bought.stdout)
    assert printed is not None

    taken_back = simulate("reversal", *printed[1].split(), "--replacement", "5.00")

    assert taken_back.returncode == 0, taken_back.stderr
    assert "reduced to EUR 5.00" in taken_back.stdout


def test_a_card_number_that_was_typed_is_not_printed(simulate: Simulate) -> None:
    pan = demo_pan(1504)

    bought = simulate("purchase", "--card", pan, "--amount", "1.00")
    unknown = simulate("purchase", "--card", demo_pan(5000), "--expiry", "3112")

    assert "--card 1504" in bought.stdout
    assert "14 no such card" in unknown.stdout
    assert "to take it back" not in unknown.stdout
    assert re.findall(r"\d{13,19}", bought.stdout + unknown.stdout) == []


def test_a_declined_purchase_ends_with_exit_code_1(simulate: Simulate) -> None:
    declined = simulate("purchase", "--card", "1801")

    assert declined.returncode == 1
    assert "62 restricted card" in declined.stdout


def test_json_shows_both_ways_with_the_card_masked(simulate: Simulate) -> None:
    result = simulate("purchase", "--card", "1503", "--amount", "1.00", "--json")

    shown = json.loads(result.stdout)
    assert shown["request"]["mti"] == "0100"
    assert shown["reply"]["39"] == "00"
    assert shown["elapsed_ms"] > 0
    assert demo_pan(1503) not in result.stdout


def test_echo_sign_on_and_sign_off_are_answered(simulate: Simulate) -> None:
    for command in ("echo", "sign-on", "sign-off"):
        result = simulate(command)

        assert result.returncode == 0, result.stderr
        assert "<- 0810 00 accepted" in result.stdout


def test_raw_bytes_are_sent_as_they_are(simulate: Simulate) -> None:
    echo = "0800 8220000000000000 0400000000000000 1121213000 000001 0301"

    bare = simulate("raw", echo)
    framed = simulate("raw", "001c0000" + echo.replace(" ", ""))

    for result in (bare, framed):
        assert result.returncode == 0, result.stderr
        assert "<- 0810 00 accepted" in result.stdout


def test_raw_bytes_that_nobody_answers_end_in_one_line(simulate: Simulate) -> None:
    result = simulate("raw", "ffff", "--timeout", "0.3")

    assert result.returncode == 1
    (line,) = result.stderr.splitlines()
    assert "did not answer in time" in line

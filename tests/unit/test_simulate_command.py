"""`cbs simulate` without a host: help for everything, and errors in one clear line."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

COMMANDS = ("purchase", "reversal", "echo", "sign-on", "sign-off", "raw", "stories")


def simulate(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from cbs.cli import main; main()", "simulate", *arguments]
    environment = {"PATH": os.environ["PATH"], "CBS_DATA_DIR": str(folder), "COLUMNS": "200"}
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=60, check=False
    )


def free_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return str(listener.getsockname()[1])


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(command: str, tmp_path: Path) -> None:
    result = simulate(command, "--help", folder=tmp_path)

    assert result.returncode == 0, result.stderr
    assert f"Example: cbs simulate {command}" in result.stdout


@pytest.mark.parametrize(
    "arguments", [("purchase",), ("echo",), ("stories",), ("raw", "0800")], ids=str
)
def test_without_a_host_one_line_says_how_to_start_one(
    arguments: tuple[str, ...], tmp_path: Path
) -> None:
    port = free_port()

    result = simulate(*arguments, "--port", port, folder=tmp_path)

    assert result.returncode == 1
    (line,) = result.stderr.splitlines()
    assert f"no host at 127.0.0.1:{port}: Connection refused" in line
    assert "cbs serve --migrate --demo" in line


def test_text_that_is_no_hexadecimal_is_refused(tmp_path: Path) -> None:
    result = simulate("raw", "08zz", folder=tmp_path)

    assert result.returncode == 2
    assert "no hexadecimal text" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("purchase", "--amount", "1.005"), "EUR has 2 decimals"),
        (("purchase", "--currency", "ZZZ"), "unknown currency"),
        (("purchase", "--card", "9999"), "demo cards are numbered from 1 to 2000"),
        (("purchase", "--entry", "telepathy"), "known are chip, contactless"),
        (("reversal", "--last"), "no purchase is remembered"),
        (("reversal",), "--last, or --card, --amount, --stan and --transmitted"),
        (("stories", "cinderella"), "known are web-purchase"),
    ],
    ids=str,
)
def test_what_cannot_be_used_is_named(
    arguments: tuple[str, ...], complaint: str, tmp_path: Path
) -> None:
    result = simulate(*arguments, folder=tmp_path)

    assert result.returncode in (1, 2)
    assert complaint in " ".join(result.stderr.replace("│", " ").split())
    assert "Traceback" not in result.stderr


def test_stories_can_be_listed_without_a_host(tmp_path: Path) -> None:
    result = simulate("stories", "--list", folder=tmp_path)

    names = [line.split()[0] for line in result.stdout.splitlines()]
    assert names == ["web-purchase", "flight-tickets", "fuel", "cut-cable", "partial-approval"]


def test_a_scripted_host_without_rules_says_so(tmp_path: Path) -> None:
    script = tmp_path / "empty.toml"
    script.write_text("")

    result = simulate("host", str(script), "--framing", "morse", folder=tmp_path)

    told = [line for line in result.stderr.splitlines() if "[[rules]]" in line]
    assert len(told) == 1
    assert "only network management is answered" in told[0]

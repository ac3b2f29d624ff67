"""Printed commands begin with what the person would have to type."""

from __future__ import annotations

from pathlib import Path

import pytest

from cbs.cli.program import program


@pytest.fixture
def called(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program `.venv/bin/cbs` below the current folder, called by its path."""
    path = tmp_path / ".venv" / "bin" / "cbs"
    path.parent.mkdir(parents=True)
    path.touch(mode=0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", [str(path), "simulate", "purchase"])
    return path


def test_a_program_called_by_its_path_is_printed_with_it(
    called: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    assert program() == ".venv/bin/cbs"


def test_a_program_that_the_shell_finds_is_printed_by_its_name(
    called: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(called.parent))
    assert program() == "cbs"


def test_code_that_is_no_program_prints_the_plain_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["-c"])
    assert program() == "cbs"

"""Colours and tables: on a terminal, never in a pipe unless they are asked for."""

from __future__ import annotations

import io

import pytest

from cbs.cli import terminal


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def no_wishes(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")


def test_a_terminal_has_colours_and_a_pipe_has_none() -> None:
    assert terminal.paint("x", "bad", stream=Screen()) == "\x1b[31;1mx\x1b[0m"
    assert terminal.paint("x", "bad", stream=io.StringIO()) == "x"


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_colours_can_be_refused(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert terminal.paint("x", "good", stream=Screen()) == "x"


def test_colours_can_be_asked_for_in_a_pipe(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    terminal.show(terminal.paint("x", "added"))
    assert capsys.readouterr().out == "\x1b[32mx\x1b[0m\n"


def test_a_table_in_a_pipe_is_aligned_and_obeys_no_message(
    capsys: pytest.CaptureFixture[str],
) -> None:
    terminal.print_table([("4", "Amount", "1\x1b[2J"), ("55.9F26", "Cryptogram", "00")])
    lines = capsys.readouterr().out.splitlines()
    assert lines == ["4        Amount      1\\x1b[2J", "55.9F26  Cryptogram  00"]


def test_a_table_on_a_terminal_has_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen()
    monkeypatch.setattr("sys.stdout", screen)
    monkeypatch.setenv("NO_COLOR", "1")
    terminal.print_table([("4", "Amount", "1")], styles=["bad"])
    shown = screen.getvalue()
    assert "Value" in shown
    assert "│" in shown
    assert "\x1b[31" not in shown

"""What `cbs` says about wrong input: one line, an exit code, nothing of the message."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

PAN = "4000000000000010"
MESSAGE = f"0100 4000000000000000 10 {PAN}"
CBS = "import sys; sys.argv[0] = 'cbs'; from cbs.cli import main; main()"


def cbs(
    *arguments: str, standard_input: bytes = b"", **environment: str
) -> subprocess.CompletedProcess[bytes]:
    """Run the whole command, in a process of its own as a person does."""
    return subprocess.run(
        [sys.executable, "-c", CBS, *arguments],
        input=standard_input,
        capture_output=True,
        check=False,
        env=os.environ | environment,
    )


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("describe", *MESSAGE.split()), "hex text with blanks needs quotes"),
        ((MESSAGE.replace(" ", ""),), "No such command"),
        (("decode", "no-such-file"), "neither hex text nor a file"),
        (("decode",), "Missing argument"),
        (("decode", "-"), "nothing to read"),
        (("decode", "--spec", PAN, MESSAGE), "no specification"),
        (("describe", MESSAGE + "00"), "the end of the message"),
        (("decode", "--framing", "len2", MESSAGE), "cut off after 19 bytes"),
    ],
)
def test_wrong_input_is_one_line_without_the_message(arguments: tuple[str, ...], told: str) -> None:
    done = cbs(*arguments)
    error = done.stderr.decode()
    assert done.returncode == 2
    assert error.count("\n") == 1
    assert told in error
    assert error.startswith("cbs")
    assert PAN[6:] not in error + done.stdout.decode()


def test_an_error_behind_an_odd_message_type_leads_to_the_doctor(tmp_path: Path) -> None:
    path = tmp_path / "request.txt"
    path.write_bytes(b"GET /index.html HTTP/1.1\r\nHost: localhost\r\n\r\n")
    for command in (("decode",), ("describe",), ("redact",), ("diff", MESSAGE)):
        done = cbs(*command, str(path))
        (line,) = done.stderr.decode().splitlines()
        assert line.endswith("; 4745 is hardly a message type: cbs doctor names the dialect")
    assert b"doctor" not in cbs("decode", MESSAGE[:-2]).stderr


def test_a_file_that_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    import io

    import typer

    from cbs.cli import source

    monkeypatch.setattr(source, "INPUT_BYTES_MAX", 8)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(bytes(9))))
    with pytest.raises(typer.BadParameter, match="more than 8 bytes"):
        source.read_octets("-")


def test_every_reveal_is_noted_before_anything_is_shown(data_folder: Path) -> None:
    shown = cbs("decode", "--reveal", MESSAGE)
    assert PAN in shown.stdout.decode()
    assert "reveal.log" in shown.stderr.decode()
    cbs("describe", "--reveal", "00")
    cbs("decode", MESSAGE)
    path = data_folder / "reveal.log"
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [line["command"] for line in lines] == ["cbs decode --reveal", "cbs describe --reveal"]
    assert all(line.keys() == {"at", "user", "pid", "command"} for line in lines)
    assert path.stat().st_mode & 0o077 == 0


def test_nothing_is_revealed_that_cannot_be_noted(data_folder: Path) -> None:
    data_folder.write_text("a file where the folder should be")
    shown = cbs("decode", "--reveal", MESSAGE)
    assert shown.returncode == 1
    assert shown.stdout == b""
    assert "CBS_DATA_DIR" in shown.stderr.decode()


def test_describe_gives_rows_to_a_machine() -> None:
    rows = json.loads(cbs("describe", "--json", MESSAGE, FORCE_COLOR="").stdout)
    assert rows[-1] == {
        "path": "2",
        "name": "Primary account number",
        "value": "400000******0010",
    }


def test_documents_are_coloured_only_where_colours_are_wanted() -> None:
    assert b"\x1b[" in cbs("decode", MESSAGE, FORCE_COLOR="1", TERM="xterm").stdout
    assert b"\x1b[" not in cbs("decode", MESSAGE, FORCE_COLOR="1", NO_COLOR="1").stdout
    assert b"\x1b[" not in cbs("decode", MESSAGE).stdout

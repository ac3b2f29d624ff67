"""Who asked for card data in the clear: a line for each time, appended before anything is shown."""

from __future__ import annotations

import os
import pwd
import sys
from datetime import UTC, datetime
from pathlib import Path

import orjson

from cbs.cli.terminal import paint, show
from cbs.errors import SettingsError
from cbs.settings import Settings

FILE_NAME = "reveal.log"
"""In the data folder (`CBS_DATA_DIR`, `.cbs` unless set); one JSON object in a line."""


def note_reveal(command: str) -> None:
    """Append who reveals card data, when and by which command, and say so on standard error.

    Nothing of the message is written. Raises `SettingsError` if the line cannot be written: then
    nothing may be shown either.
    """
    path = Settings.from_environment().data_dir / FILE_NAME
    line = {
        "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "user": _user(),
        "pid": os.getpid(),
        "command": f"cbs {command} --reveal",
    }
    try:
        _append(path, orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))
    except OSError as error:
        raise SettingsError(
            f"{path}: {error.strerror}; card data is revealed only where that can be noted, "
            "a folder that you may write to in CBS_DATA_DIR would do"
        ) from None
    told = f"cbs: card data in the clear follows; noted in {path}"
    show(paint(told, "warn", stream=sys.stderr), error=True)


def _append(path: Path, line: bytes) -> None:
    """In one write, so that lines of several processes do not mix; for the owner's eyes only."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(descriptor, line)
    finally:
        os.close(descriptor)


def _user() -> str:
    """The account's name, with the one it was changed from by sudo; its number if it has none.

    Asked of the system, because environment variables say whatever the caller wants.
    """
    try:
        user = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        user = str(os.getuid())
    behind = os.environ.get("SUDO_USER")
    return f"{user} ({behind})" if behind else user

"""Wire specifications by name, and what reads and writes messages with them.

`Codec.load("visa_like")` compiles a packaged specification, `Codec.load("my.toml")` a file.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Self

from cbs import _native
from cbs._native import Frame, Framer, Message, MessageBuilder, Track2
from cbs.binding import Field
from cbs.errors import (
    BindingError,
    CodecError,
    DecodeError,
    EncodeError,
    FrameError,
    SpecificationError,
)

__all__ = [
    "BindingError",
    "Codec",
    "CodecError",
    "DecodeError",
    "EncodeError",
    "Field",
    "Frame",
    "FrameError",
    "Framer",
    "Message",
    "MessageBuilder",
    "Track2",
    "frame_bytes",
    "holds_message",
    "lint",
    "looks_framed",
    "specification_names",
    "specification_text",
]

Mapping.register(Message)

# By the file's own place: `importlib.resources` would double the time that the import takes.
_SPECIFICATIONS: Final = Path(__file__).with_name("specs")

FRAME_LENGTH_MAX = 2048
"""The longest frame of the four-octet framing, its own four octets not counted."""


def specification_names() -> list[str]:
    """Names of the packaged specifications, sorted."""
    return sorted(path.stem for path in _SPECIFICATIONS.glob("*.toml"))


def specification_text(name: str) -> str:
    """The text of a packaged specification, or of a .toml file. Raises `SpecificationError`."""
    return _own_text(name)[0]


class Codec(_native.Codec):
    """One wire specification, compiled. Immutable; safe to share between threads."""

    @classmethod
    def load(cls, name: str | Path) -> Self:
        """Compile a specification: a packaged name, or the path of a .toml file.

        Raises `SpecificationError`, which lists the packaged names if there is none like `name`.
        """
        text, origin = _own_text(str(name))
        return cls(text, name=Path(name).stem, origin=origin, read=_read_extended)


def lint(name: str | Path) -> list[tuple[str, str, int | None, str, str | None]]:
    """Everything that is wrong or odd in a specification: a packaged name, or a file's path.

    Rows as those of `cbs._native.lint_specification`. Raises `SpecificationError` if it cannot be
    read.
    """
    if str(name) in specification_names():
        text, origin = _own_text(str(name))
    else:
        text, origin = _text_of(Path(name)), os.path.normpath(name)
    return _native.lint_specification(text, origin=origin, read=_read_extended)


def _own_text(name: str) -> tuple[str, str]:
    """The text of a packaged specification or a file, and where it was read."""
    if name.endswith(".toml"):
        return _text_of(Path(name)), os.path.normpath(name)
    known = specification_names()
    if name not in known:
        listing = ", ".join(known)
        raise SpecificationError(
            f"no specification {name!r}; packaged are: {listing}; or give a .toml file"
        )
    return _text_of(_SPECIFICATIONS / f"{name}.toml"), name


def _read_extended(wanted: str, origin: str) -> tuple[str, str]:
    """Where a specification that another one extends was read, and its text.

    A path counts from the folder of the file that names it.
    """
    if wanted.endswith(".toml") and origin not in specification_names():
        wanted = str(Path(origin).parent / wanted)
    text, found = _own_text(wanted)
    return found, text


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SpecificationError(f"{path}: cannot be read: {error}") from error


def frame_bytes(frame: Frame) -> int:
    """How many bytes a frame has, with all that stands around its message."""
    around = len(frame.prefix) + len(frame.header or b"") + len(frame.trailer)
    return around + len(frame.body)


def holds_message(frame: Frame) -> bool:
    """Whether a frame has a message in it, and not only a word between two ends."""
    return frame.kind in ("message", "reject")


def looks_framed(octets: bytes) -> bool:
    """Whether `octets` begin with a four-octet frame: no message starts as one does.

    A length, a zero, and a known message format. The length must fit, unless a header follows:
    then the frame was cut off on its way here.
    """
    if len(octets) < 4 or octets[2] != 0 or octets[3] >> 4 not in (0, 2):
        return False
    length = int.from_bytes(octets[:2], "big")
    return length <= min(FRAME_LENGTH_MAX, len(octets) - 4) or octets[4:6] == b"\x16\x01"

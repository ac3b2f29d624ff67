"""What the commands that take a message read: hex text, a file or standard input, in frames.

What was given is never repeated in an error: it may be a message.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer

from cbs.cli import is_odd
from cbs.cli.hexdump import octets_of_dump
from cbs.codec import (
    FRAME_LENGTH_MAX,
    Codec,
    Frame,
    Framer,
    Message,
    holds_message,
    looks_framed,
)
from cbs.errors import DecodeError, FrameError

INPUT_BYTES_MAX = 64 * 1024 * 1024
"""The longest file that is read; far above any dump that a person looks through."""

_HEX_DIGITS = re.compile(rb"([0-9A-Fa-f]{20,} *)[\r\n]*")
"""A message type and a bitmap in ASCII, and what follows; then the end of the line."""

_LINE_END = re.compile(rb"([\x20-\x7e\x80-\xff]+)\r?\n")
"""One line of characters, and its end."""

_HEADER_LENGTH = b"\x16"
"""The first octet of the header of 22 bytes."""

AUTHENTICATION_CODES = ("64", "128")
"""Elements whose value is a code over the bytes of the message, and of no other ones."""

SOURCE_HELP = "Hex text, a file of bytes or of hex text (xxd, hexdump -C), or - for stdin."

Source = Annotated[str, typer.Argument(metavar="HEX_OR_FILE", help=SOURCE_HELP)]
Spec = Annotated[
    str,
    typer.Option("--spec", help="A packaged specification, or a .toml file."),
]
Framing = Annotated[
    str,
    typer.Option("--framing", help="As in the reference: vmlh, len2, ascii4, none, ..., or auto."),
]
Header = Annotated[
    str,
    typer.Option("--header", help="visa22 (22 bytes), tpdu, fixed:N, self, none, or auto."),
]
AsJson = Annotated[bool, typer.Option("--json", help="JSON for a machine.")]


def read_bytes(source: str) -> bytes:
    """Standard input, or a file. Raises `typer.BadParameter`."""
    content: bytes | None
    try:
        if source == "-":
            content = sys.stdin.buffer.read(INPUT_BYTES_MAX + 1)
        else:
            with Path(source).open("rb") as file:
                content = file.read(INPUT_BYTES_MAX + 1)
    except (OSError, ValueError):
        content = None
    if content is None:
        # outside of the handler: the error has the name of the file, which may be a message
        raise typer.BadParameter(
            "neither hex text nor a file that can be read; hex text with blanks needs quotes"
        )
    if len(content) > INPUT_BYTES_MAX:
        raise typer.BadParameter(f"more than {INPUT_BYTES_MAX:,} bytes; give a part of it")
    return content


class Given(NamedTuple):
    """What a source holds, and how it may be read."""

    octets: bytes
    is_text: bool
    """Whether they were given as text that shows them."""
    characters: bytes | None = None
    """Hex text without blanks as it stands: a message in ASCII may have no other characters."""


def read_octets(
    source: str, codec: Codec | None = None, framing: str = "auto", header: str = "auto"
) -> bytes:
    """The octets of hex text, of a file or of standard input, whichever `source` is.

    The text of a file may be what xxd, hexdump and the like print. Hex text that is no message of
    `codec` where its own characters are one stands for those.
    """
    return read_input(source, codec, framing, header)[0]


def read_input(
    source: str, codec: Codec | None = None, framing: str = "auto", header: str = "auto"
) -> tuple[bytes, bool]:
    """As `read_octets`, and whether they were given as text."""
    octets, is_text, characters = given_in(source)
    if not octets:
        raise typer.BadParameter("nothing to read")
    if (
        codec is not None
        and characters is not None
        and not _opens(codec, octets, framing, header)
        and _opens(codec, characters, framing, header, in_ascii=True)
    ):
        return characters, False
    if codec is not None and not is_text:
        octets = _without_line_end(codec, octets, framing, header)
    return octets, is_text


def _without_line_end(codec: Codec, octets: bytes, framing: str, header: str) -> bytes:
    """Text without the end of its line, where only so it can be read to its end.

    Editors put one there. Octets that no text has are left alone: it may belong to them.
    """
    found = _LINE_END.fullmatch(octets)
    if found is None or _reads(codec, octets, framing, header):
        return octets
    return found[1] if _reads(codec, found[1], framing, header) else octets


def _reads(codec: Codec, octets: bytes, framing: str, header: str) -> bool:
    """Whether every message can be read to its end."""
    try:
        for frame in cut_frames(octets, framing, header):
            if holds_message(frame):
                codec.decode(frame.body)
    except (DecodeError, FrameError):
        return False
    return True


def given_in(source: str) -> Given:
    """What `source` holds, which may be nothing."""
    octets, characters = hex_octets(source), _characters(source.encode("ascii", "replace"))
    if octets is not None:
        return Given(octets, True, characters)
    if characters is not None and not _is_file(source):  # an odd number of digits
        return Given(characters, False)
    content = read_bytes(source)
    try:
        dumped = octets_of_dump(content.decode("ascii"))
    except UnicodeDecodeError:
        dumped = None
    characters = _characters(content)
    if dumped is None:
        return Given(content if characters is None else characters, False)
    return Given(dumped, True, characters)


def _characters(text: bytes) -> bytes | None:
    """`text` if it is hex digits and nothing else, and long enough for a message."""
    found = _HEX_DIGITS.fullmatch(text)
    return found[1] if found else None


def _is_file(source: str) -> bool:
    try:
        return Path(source).is_file()
    except (OSError, ValueError):
        return False


def _opens(
    codec: Codec, octets: bytes, framing: str, header: str, *, in_ascii: bool = False
) -> bool:
    """Whether the first frame begins as a message of `codec` does: with a type and a bitmap.

    With `in_ascii`, its type must be four digits of ASCII.
    """
    try:
        frame = next(cut_frames(octets, framing, header), None)
        body = frame.body if frame is not None else b""
    except CutOffError as error:
        frame, body = error.frame, error.body
    except FrameError:
        return False
    if frame is None or not holds_message(frame):
        return frame is not None and not in_ascii
    try:
        message = codec.decode(body)
    except DecodeError as error:
        if error.partial is None or error.path in ("mti", "bitmap"):
            return False
        message = error.partial
    start = len(message.get("_header", "")) // 2
    return not in_ascii or body[start : start + 4] == message.mti.encode()


def hex_octets(text: str) -> bytes | None:
    """The octets of hex text, blanks between them left out; None of any other text."""
    try:
        return bytes.fromhex(text)
    except ValueError:
        return None


def cut_frames(octets: bytes, framing: str, header: str) -> Iterator[Frame]:
    """Cut octets into frames, framed and headed as told or as it looks.

    Raises `CutOffError` behind the last whole frame if a piece of another one follows.
    """
    if framing == "auto":
        framing = "vmlh" if looks_framed(octets) else "none"
    frame_length_max = len(octets) if framing == "none" else FRAME_LENGTH_MAX
    try:
        framer = Framer(framing, header=header, frame_length_max=frame_length_max)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    try:
        frames = framer.feed(octets)
    except FrameError as error:
        yield from error.frames
        raise
    yield from frames
    if framer.pending_bytes:
        start = len(octets) - framer.pending_bytes
        raise CutOffError(octets[start:], start, framing, header)


def read_frames(source: str, framing: str, header: str, codec: Codec) -> Iterator[Frame]:
    """The frames of what `source` holds; see `read_octets` and `cut_frames`."""
    yield from cut_frames(read_octets(source, codec, framing, header), framing, header)


class CutOffError(FrameError):
    """The last frame lacks its end. `frame` is that frame filled up, `body` what is there of it."""

    def __init__(self, cut: bytes, offset: int, framing: str, header: str) -> None:
        """Fill the frame up, so that its header can be told from its body."""
        super().__init__(f"the last frame is cut off after {len(cut)} bytes", offset=offset)
        # A trailer with octets of its own would refuse the zeros, and it is not there anyway.
        framer = Framer(framing.partition("+")[0], header=header, frame_length_max=FRAME_LENGTH_MAX)
        try:
            filled = framer.feed(cut + bytes(FRAME_LENGTH_MAX))
        except FrameError as error:  # the zeros behind the frame are no other one
            filled = error.frames
        frame = filled[0] if filled and holds_message(filled[0]) else None
        around = len(frame.prefix) + len(frame.header or b"") if frame is not None else 0
        self.body = frame.body[: max(len(cut) - around, 0)] if frame is not None else b""
        # A piece of a header is no beginning of a message.
        in_header = header == "auto" and self.body[:1] == _HEADER_LENGTH
        self.frame = frame if self.body and not in_header else None

    def begun(self, codec: Codec) -> Message | None:
        """What can be read of the message. Its end is missing, so that no fault of it is told."""
        try:
            message: Message | None = codec.decode(self.body)
        except DecodeError as error:
            message = error.partial
        # Of a framing that is none of theirs, bytes would be shown in places that hide nothing.
        return None if message is None or is_odd(message) else message


def decode_at(codec: Codec, frame: Frame, start: int) -> Message:
    """The message in `frame`, whose first byte is byte `start` of what was read.

    Errors count from the start of the message; where more stands in front of it, they say the
    place in what was read too.
    """
    try:
        return codec.decode(frame.body)
    except DecodeError as error:
        place = start + len(frame.prefix) + len(frame.header or b"") + (error.offset or 0)
        if place == error.offset:
            raise
        raise DecodeError(
            f"{error} (byte {place} of the input)",
            path=error.path,
            offset=error.offset,
            partial=error.partial,
        ) from None


def envelope(frame: Frame) -> dict[str, Any]:
    """What stood around the message, as the first keys of its document."""
    around: dict[str, Any] = {}
    if frame.prefix:
        around["frame"] = frame.prefix.hex()
    if frame.header is not None:
        around["header"] = frame.header.hex()
    if frame.kind != "message":
        around["kind"] = frame.kind
    return around

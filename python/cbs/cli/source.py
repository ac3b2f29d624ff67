"""What the commands that take a message read: hex text, a file or standard input, in frames.

What was given is never repeated in an error: it may be a message.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from cbs.cli.hexdump import octets_of_dump
from cbs.codec import FRAME_LENGTH_MAX, Codec, Frame, Framer, Message, looks_framed
from cbs.errors import DecodeError, FrameError

INPUT_BYTES_MAX = 64 * 1024 * 1024
"""The longest file that is read; far above any dump that a person looks through."""

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


def read_octets(source: str) -> bytes:
    """The octets of hex text, of a file or of standard input, whichever `source` is.

    The text of a file may be what xxd, hexdump and the like print.
    """
    return read_input(source)[0]


def read_input(source: str) -> tuple[bytes, bool]:
    """As `read_octets`, and whether they were given as text."""
    octets, is_text = octets_of(source)
    if not octets:
        raise typer.BadParameter("nothing to read")
    return octets, is_text


def octets_of(source: str) -> tuple[bytes, bool]:
    """As `read_input`, but there may be none."""
    octets = hex_octets(source)
    if octets is not None:
        return octets, True
    content = read_bytes(source)
    try:
        dumped = octets_of_dump(content.decode("ascii"))
    except UnicodeDecodeError:
        dumped = None
    return (content, False) if dumped is None else (dumped, True)


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
        raise CutOffError(octets, framer)


def read_frames(source: str, framing: str, header: str) -> Iterator[Frame]:
    """The frames of what `source` holds; see `cut_frames`."""
    yield from cut_frames(read_octets(source), framing, header)


class CutOffError(FrameError):
    """The last frame lacks its end. `frame` is that frame filled up, `body` what is there of it."""

    def __init__(self, octets: bytes, framer: Framer) -> None:
        """Fill the frame up, so that its header can be told from its body."""
        cut = octets[-framer.pending_bytes :]
        super().__init__(
            f"the last frame is cut off after {len(cut)} bytes", offset=len(octets) - len(cut)
        )
        # The length in front says how much is missing; filled up, the header can be told apart.
        missing = 4 + int.from_bytes(cut[:2]) - len(cut) if len(cut) >= 4 else 0
        try:
            filled = framer.feed(bytes(max(missing, 0)))
        except FrameError:
            filled = []
        self.body = filled[0].body[:-missing] if filled and missing > 0 else b""
        # A piece of a header is no beginning of a message, which opens with its type.
        self.frame = filled[0] if b"" < self.body[:1] < b"\x10" else None


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

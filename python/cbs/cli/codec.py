"""`cbs decode`, `cbs describe`, `cbs encode`: one message between bytes, JSON and a table.

Card data is shown in asterisks unless `--reveal` asks for it.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from cbs.cli.terminal import print_table
from cbs.codec import FRAME_LENGTH_MAX, Codec, Frame, Framer, Message, looks_framed
from cbs.errors import DecodeError, FrameError

_EXAMPLE = "0800 8220000000000000 0400000000000000 0527192031 002013 0001"

Source = Annotated[
    str,
    typer.Argument(
        metavar="HEX_OR_FILE",
        help="Hex text, a file of bytes or of hex text, or - for standard input.",
    ),
]
Document = Annotated[str, typer.Argument(metavar="JSON_FILE", help="A file, or - for stdin.")]
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
Reveal = Annotated[bool, typer.Option("--reveal", help="Show card data in the clear.")]


def decode(
    source: Source,
    spec: Spec = "visa_like",
    framing: Framing = "auto",
    header: Header = "auto",
    reveal: Reveal = False,
) -> None:
    """Turn a message's bytes into JSON; several frames give one document each."""
    codec = Codec.load(spec)
    for frame in _read_frames(source, framing, header):
        document = _envelope(frame)
        if frame.kind in ("message", "reject"):
            message = codec.decode(frame.body)
            document |= orjson.loads(message.to_json(reveal=reveal))
        typer.echo(orjson.dumps(document, option=orjson.OPT_INDENT_2))


def describe(
    source: Source,
    spec: Spec = "visa_like",
    framing: Framing = "auto",
    header: Header = "auto",
    reveal: Reveal = False,
) -> None:
    """Show a message field by field, with names. What was read before a fault is shown too."""
    codec = Codec.load(spec)
    try:
        for frame in _read_frames(source, framing, header):
            _describe(codec, frame, frame.body, reveal)
    except _CutOffError as error:
        if error.frame is not None:
            with contextlib.suppress(DecodeError):  # what is wrong is that the rest is missing
                _describe(codec, error.frame, error.body, reveal)
        raise


def _describe(codec: Codec, frame: Frame, body: bytes, reveal: bool) -> None:
    """Print a frame whose body is `body`; up to the fault where that cannot be read."""
    rows = [(name, "", text) for name, text in _envelope(frame).items()]
    if frame.kind not in ("message", "reject"):
        print_table(rows)
        return
    try:
        message = codec.decode(body)
    except DecodeError as error:
        if error.partial is not None:
            print_table(rows + _rows(error.partial, reveal))
        raise
    print_table(rows + _rows(message, reveal))


def encode(document: Document, spec: Spec = "visa_like") -> None:
    """Turn JSON, shaped as `cbs decode --reveal` prints it, into a message's bytes as hex."""
    codec = Codec.load(spec)
    try:
        mapping = orjson.loads(_read_bytes(document))
    except orjson.JSONDecodeError as error:
        raise typer.BadParameter(f"no JSON: line {error.lineno}, column {error.colno}") from error
    if not isinstance(mapping, dict):
        raise typer.BadParameter("no JSON object")
    frame, header = mapping.pop("frame", None), mapping.pop("header", None)
    body = codec.encode(mapping)
    try:
        header_octets = bytes.fromhex(header) if header else None
    except (TypeError, ValueError) as error:
        raise typer.BadParameter("header: no hex text") from error
    framer = Framer("vmlh" if frame else "none", frame_length_max=FRAME_LENGTH_MAX)
    typer.echo(framer.wrap(body, header=header_octets).hex())


def register(app: typer.Typer) -> None:
    """Add the three commands to `app`."""
    app.command(epilog="Example: cbs decode --reveal message.bin")(decode)
    app.command(epilog=f'Example: cbs describe "{_EXAMPLE}"')(describe)
    app.command(epilog="Example: cbs decode --reveal message.bin | cbs encode -")(encode)


app = typer.Typer()
register(app)


def _read_bytes(source: str) -> bytes:
    """Standard input, or a file. The argument is never repeated: it may be a message."""
    if source == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(source).read_bytes()
    except (OSError, ValueError) as error:
        raise typer.BadParameter("no such file, or it cannot be read") from error


def _read_octets(source: str) -> bytes:
    """The octets of hex text, of a file or of standard input, whichever `source` is."""
    try:
        return bytes.fromhex(source)
    except ValueError:
        pass  # then it names a file
    content = _read_bytes(source)
    try:
        return bytes.fromhex(content.decode("ascii"))
    except ValueError:
        return content


def _read_frames(source: str, framing: str, header: str) -> Iterator[Frame]:
    """Cut what `source` holds into frames, framed and headed as told or as it looks."""
    octets = _read_octets(source)
    if not octets:
        raise typer.BadParameter("nothing to read")
    if framing == "auto":
        framing = "vmlh" if looks_framed(octets) else "none"
    frame_length_max = len(octets) if framing == "none" else FRAME_LENGTH_MAX
    try:
        framer = Framer(framing, header=header, frame_length_max=frame_length_max)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    yield from framer.feed(octets)
    if framer.pending_bytes:
        raise _CutOffError(octets, framer)


class _CutOffError(FrameError):
    """The last frame lacks its end. `frame` is that frame filled up, `body` what is there of it."""

    def __init__(self, octets: bytes, framer: Framer) -> None:
        cut = octets[-framer.pending_bytes :]
        super().__init__(
            f"the last frame is cut off after {len(cut)} bytes", offset=len(octets) - len(cut)
        )
        # The length in front says how much is missing; filled up, the header can be told apart.
        missing = 4 + int.from_bytes(cut[:2]) - len(cut) if len(cut) >= 4 else 0
        filled = framer.feed(bytes(missing))
        self.body = filled[0].body[:-missing] if filled else b""
        # A piece of a header is no beginning of a message, which opens with its type.
        self.frame = filled[0] if b"" < self.body[:1] < b"\x10" else None


def _envelope(frame: Frame) -> dict[str, Any]:
    """What stood around the message, as the first keys of its document."""
    envelope: dict[str, Any] = {}
    if frame.prefix:
        envelope["frame"] = frame.prefix.hex()
    if frame.header is not None:
        envelope["header"] = frame.header.hex()
    if frame.kind != "message":
        envelope["kind"] = frame.kind
    return envelope


def _rows(message: Message, reveal: bool) -> list[tuple[str, str, str]]:
    head = [
        ("mti", "Message type", message.mti),
        ("bitmap", "Bitmap", message.bitmap),
    ]
    return head + message.describe(reveal=reveal)

"""`cbs decode`, `cbs describe`, `cbs encode`: one message between bytes, JSON and a table.

Card data is shown in asterisks unless `--reveal` asks for it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any

import orjson
import typer

from cbs.cli.audit import note_reveal
from cbs.cli.source import (
    AsJson,
    CutOffError,
    Framing,
    Header,
    Source,
    Spec,
    decode_at,
    envelope,
    read_bytes,
    read_frames,
)
from cbs.cli.terminal import print_json, print_table
from cbs.codec import FRAME_LENGTH_MAX, Codec, Frame, Framer, Message, frame_bytes, holds_message
from cbs.errors import DecodeError

_EXAMPLE = "0800 8220000000000000 0400000000000000 0527192031 002013 0001"

Document = Annotated[str, typer.Argument(metavar="JSON_FILE", help="A file, or - for stdin.")]
Reveal = Annotated[
    bool, typer.Option("--reveal", help="Show card data in the clear; leaves a line in reveal.log.")
]


def decode(
    source: Source,
    spec: Spec = "visa_like",
    framing: Framing = "auto",
    header: Header = "auto",
    reveal: Reveal = False,
) -> None:
    """Turn a message's bytes into JSON; several frames give one document each.

    Of a frame that is cut off, what is there is printed before the fault.
    """
    codec = Codec.load(spec)
    if reveal:
        note_reveal("decode")
    start = 0
    try:
        for frame in read_frames(source, framing, header, codec):
            document = envelope(frame)
            if holds_message(frame):
                document |= _document(decode_at(codec, frame, start), reveal)
            print_json(document)
            start += frame_bytes(frame)
    except CutOffError as error:
        message = error.begun(codec)
        if error.frame is not None and message is not None:
            print_json(envelope(error.frame) | _document(message, reveal))
        raise


def _document(message: Message, reveal: bool) -> dict[str, Any]:
    document: dict[str, Any] = orjson.loads(message.to_json(reveal=reveal))
    return document


def describe(
    source: Source,
    spec: Spec = "visa_like",
    framing: Framing = "auto",
    header: Header = "auto",
    reveal: Reveal = False,
    as_json: AsJson = False,
) -> None:
    """Show a message field by field, with names. What was read before a fault is shown too.

    With --json, one array of rows with path, name and value for each frame.
    """
    codec = Codec.load(spec)
    if reveal:
        note_reveal("describe")
    show = _print_rows if as_json else print_table
    start = 0
    try:
        for frame in read_frames(source, framing, header, codec):
            _describe(partial(decode_at, codec, frame, start), frame, reveal, show)
            start += frame_bytes(frame)
    except CutOffError as error:
        message = error.begun(codec)
        if error.frame is not None and message is not None:
            _describe(lambda: message, error.frame, reveal, show)
        raise


def _describe(
    decode: Callable[[], Message],
    frame: Frame,
    reveal: bool,
    show: Callable[[list[tuple[str, str, str]]], None],
) -> None:
    """Print a frame whose message `decode` reads; up to the fault where that cannot be read."""
    rows = [(name, "", text) for name, text in envelope(frame).items()]
    if not holds_message(frame):
        show(rows)
        return
    try:
        message = decode()
    except DecodeError as error:
        if error.partial is not None:
            show(rows + _rows(error.partial, reveal))
        raise
    show(rows + _rows(message, reveal))


def encode(document: Document, spec: Spec = "visa_like") -> None:
    """Turn JSON, shaped as `cbs decode --reveal` prints it, into a message's bytes as hex."""
    codec = Codec.load(spec)
    try:
        mapping = orjson.loads(read_bytes(document))
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


app = typer.Typer(add_completion=False, rich_markup_mode="markdown")
register(app)


def _rows(message: Message, reveal: bool) -> list[tuple[str, str, str]]:
    head = [
        ("mti", "Message type", message.mti),
        ("bitmap", "Bitmap", message.bitmap),
    ]
    return head + message.describe(reveal=reveal)


def _print_rows(rows: list[tuple[str, str, str]]) -> None:
    keys = ("path", "name", "value")
    print_json([dict(zip(keys, row, strict=True)) for row in rows])

"""`cbs convert`: messages of one specification as messages of another.

The values go from one message into the other in Rust, so that no card data passes here.
"""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from cbs.cli.source import (
    AUTHENTICATION_CODES,
    AsJson,
    Source,
    read_frames,
)
from cbs.cli.terminal import paint, print_json, show
from cbs.codec import FRAME_LENGTH_MAX, Codec, Framer, holds_message

From = Annotated[
    str, typer.Option("--from", help="The specification of what is read: a name or a .toml file.")
]
To = Annotated[str, typer.Option("--to", help="The specification of what is written.")]
FromFraming = Annotated[str, typer.Option("--from-framing", help="As --framing of cbs decode.")]
FromHeader = Annotated[str, typer.Option("--from-header", help="As --header of cbs decode.")]
ToFraming = Annotated[str, typer.Option("--to-framing", help="As --from-framing, without auto.")]
ToHeader = Annotated[
    str, typer.Option("--to-header", help="none, or visa22 and tpdu: blank ones are written.")
]
MessageType = Annotated[
    str | None, typer.Option("--mti", help="The message type to write, if it is another.")
]
Drop = Annotated[
    bool,
    typer.Option("--drop", help="Leave out what does not fit, and say so; else it is a fault."),
]

app = typer.Typer(add_completion=False, rich_markup_mode="markdown")


@app.command(epilog="Example: cbs convert --from iso87_binary --to iso87_ascii message.bin")
def convert(
    source: Source,
    from_spec: From,
    to_spec: To,
    mti: MessageType = None,
    drop: Drop = False,
    from_framing: FromFraming = "auto",
    from_header: FromHeader = "auto",
    to_framing: ToFraming = "none",
    to_header: ToHeader = "none",
    as_json: AsJson = False,
) -> None:
    """Write messages of one specification in another, as hex text, one in a line.

    Values go by element number and by the keys inside; the other specification decides how they
    are written, and pads what is too short where it says so. Nothing is cut, and bytes do not
    become characters. The first value that does not fit ends the command with 2 and its path,
    unless --drop leaves it out.
    """
    reader, writer = Codec.load(from_spec), Codec.load(to_spec)
    try:
        framer = Framer(to_framing, header=to_header, frame_length_max=FRAME_LENGTH_MAX)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--to-framing, --to-header") from None
    documents: list[dict[str, Any]] = []
    for frame in read_frames(source, from_framing, from_header, reader):
        if not holds_message(frame):
            _tell(f"a frame of kind {frame.kind} left out")
            continue
        message, dropped = writer.convert(reader.decode(frame.body), mti=mti, drop=drop)
        for _, reason in dropped:
            _tell(f"left out: {reason}")
        for path in AUTHENTICATION_CODES:
            if path in message:
                _tell(f"element {path}: a code over the bytes that were read does not hold")
        octets = framer.wrap(writer.encode(message))
        left_out = [{"path": path, "reason": reason} for path, reason in dropped]
        documents.append({"hex": octets.hex(), "left_out": left_out})
    if as_json:
        print_json(documents)
        return
    for document in documents:
        typer.echo(document["hex"])


def _tell(note: str) -> None:
    show(paint(f"cbs convert: {note}", "warn", stream=sys.stderr), error=True)

"""`cbs diff`: two messages field by field.

Values are compared in Rust and come here masked: what differs only in masked digits is told as
such.
"""

from __future__ import annotations

from itertools import zip_longest
from typing import Annotated, Any, NamedTuple

import typer

from cbs.cli import EXIT_TROUBLE, told
from cbs.cli.source import (
    SOURCE_HELP,
    AsJson,
    CutOffError,
    Framing,
    Header,
    Spec,
    envelope,
    read_frames,
)
from cbs.cli.terminal import Style, paint, print_json, print_table, show
from cbs.codec import Codec, Frame, Message, holds_message
from cbs.errors import DecodeError, FrameError

EXIT_EQUAL, EXIT_DIFFERENT = 0, 1
"""As those of diff(1); EXIT_TROUBLE where one of the two could not be read to its end."""

_HEADERS = ("How", "Field", "Name", "A", "B", "Note")
_STYLES: dict[str, Style] = {
    "added": "added",
    "removed": "removed",
    "changed": "warn",
    "form": "note",
    "unread": "bad",
}

SourceA = Annotated[str, typer.Argument(metavar="A", help=SOURCE_HELP)]
SourceB = Annotated[str, typer.Argument(metavar="B", help=SOURCE_HELP)]
SpecB = Annotated[
    str | None, typer.Option("--spec-b", help="The specification of B, if it is another.")
]
FramingB = Annotated[
    str | None, typer.Option("--framing-b", help="The framing of B, if it is another.")
]
HeaderB = Annotated[
    str | None, typer.Option("--header-b", help="The header of B, if it is another.")
]
ShowAll = Annotated[bool, typer.Option("--all", help="Show what is equal, too.")]

app = typer.Typer(add_completion=False, rich_markup_mode="markdown")


class _Side(NamedTuple):
    """One frame of one input: its message as far as it can be read, and what is wrong with it."""

    frame: Frame | None
    message: Message | None
    error: str | None


class _Row(NamedTuple):
    path: str
    name: str
    mark: str
    left: str | None
    right: str | None
    note: str


@app.command(epilog="Example: cbs diff request.bin reply.bin")
def diff(
    a: SourceA,
    b: SourceB,
    spec: Spec = "visa_like",
    spec_b: SpecB = None,
    framing: Framing = "auto",
    framing_b: FramingB = None,
    header: Header = "auto",
    header_b: HeaderB = None,
    show_all: ShowAll = False,
    as_json: AsJson = False,
) -> None:
    """Compare two messages field by field; card data stays masked.

    Several frames are compared in their order. "other form" is the same value in other bytes, as
    another pad nibble or the same tags in another order. "differ in masked digits" are two values
    that look alike because of the mask.

    Ends with 0 if the messages are equal, with 1 if they differ, with 2 if one cannot be read.
    """
    if a == b == "-":
        raise typer.BadParameter("only one of the two can be standard input")
    codec = Codec.load(spec)
    codec_b = Codec.load(spec_b) if spec_b else codec
    left = _sides(codec, a, framing, header)
    right = _sides(codec_b, b, framing_b or framing, header_b or header)
    pairs = [_compare(*pair) for pair in zip_longest(left, right, fillvalue=_NOTHING)]
    different = any(row.mark != "equal" for rows in pairs for row in rows)
    errors = [
        (name, number, side.error)
        for name, sides in (("A", left), ("B", right))
        for number, side in enumerate(sides, 1)
        if side.error
    ]
    shown = [[row for row in rows if show_all or row.mark != "equal"] for rows in pairs]
    if as_json:
        print_json(_document(shown, errors, different))
    else:
        _print(shown)
        for name, number, error in errors:
            place = f"{name}, message {number}" if len(pairs) > 1 else name
            show(paint(f"cbs diff: {place}: {error}", "bad"), error=True)
    if errors:
        raise typer.Exit(EXIT_TROUBLE)
    raise typer.Exit(EXIT_DIFFERENT if different else EXIT_EQUAL)


_NOTHING = _Side(None, None, None)


def _sides(codec: Codec, source: str, framing: str, header: str) -> list[_Side]:
    """The frames of an input, read as far as they can be. Raises if there is none at all."""
    sides = []
    try:
        for frame in read_frames(source, framing, header, codec):
            sides.append(_side(codec, frame, frame.body))
    except CutOffError as error:
        if error.frame is not None:
            sides.append(_Side(error.frame, error.begun(codec), str(error)))
        elif sides:
            sides.append(_Side(None, None, str(error)))
        else:
            raise
    except FrameError as error:
        if not sides:
            raise
        sides.append(_Side(None, None, str(error)))
    return sides


def _side(codec: Codec, frame: Frame, body: bytes) -> _Side:
    if not holds_message(frame):
        return _Side(frame, None, None)
    try:
        return _Side(frame, codec.decode(body), None)
    except DecodeError as error:
        return _Side(frame, error.partial, told(error))


def _compare(left: _Side, right: _Side) -> list[_Row]:
    frames = (left.frame, right.frame)
    in_parts = all(frame is not None and frame.header is not None for frame in frames)
    ours, theirs = (_around(frame, in_parts=in_parts) for frame in frames)
    rows = _compare_texts(ours, theirs)
    if left.message is not None and right.message is not None:
        return rows + [_Row(*row) for row in left.message.compare(right.message)]
    for message, is_left in ((left.message, True), (right.message, False)):
        if message is None:
            continue
        mark = "removed" if is_left else "added"
        head = [("mti", "Message type", message.mti)]
        for path, name, text in head + message.describe():
            left_text, right_text = (text, None) if is_left else (None, text)
            rows.append(_Row(path, name, mark, left_text, right_text, ""))
    return rows


def _around(frame: Frame | None, *, in_parts: bool) -> dict[str, str]:
    """What stands around the message; the header in its parts if both sides have one."""
    if frame is None:
        return {}
    around = {name: str(text) for name, text in envelope(frame).items()}
    if not in_parts or frame.header is None:
        return around

    def add(path: str, part: Any) -> None:
        if isinstance(part, dict):
            for name, inner in part.items():
                add(f"{path}.{name}", inner)
        else:
            around[path] = str(part)

    del around["header"]
    add("header", frame.header_fields())
    return around


def _compare_texts(left: dict[str, str], right: dict[str, str]) -> list[_Row]:
    rows = []
    for name in [*left, *(name for name in right if name not in left)]:
        ours, theirs = left.get(name), right.get(name)
        if ours == theirs:
            mark = "equal"
        elif ours is None:
            mark = "added"
        else:
            mark = "removed" if theirs is None else "changed"
        rows.append(_Row(name, "", mark, ours, theirs, ""))
    return rows


def _print(pairs: list[list[_Row]]) -> None:
    for number, rows in enumerate(pairs, 1):
        if not rows:
            continue
        if len(pairs) > 1:
            show(paint(f"message {number}", "strong"))
        columns = len(_HEADERS) - (not any(row.note for row in rows))
        cells = [
            (
                "other form" if row.mark == "form" else row.mark,
                row.path,
                row.name,
                "-" if row.left is None else row.left,
                "-" if row.right is None else row.right,
                row.note,
            )[:columns]
            for row in rows
        ]
        print_table(cells, _HEADERS[:columns], [_STYLES.get(row.mark, "plain") for row in rows])


def _document(
    pairs: list[list[_Row]], errors: list[tuple[str, int, str]], different: bool
) -> dict[str, Any]:
    return {
        "equal": not different and not errors,
        "messages": [[row._asdict() for row in rows] for rows in pairs],
        "errors": [
            {"side": name, "message": number, "error": error} for name, number, error in errors
        ],
    }

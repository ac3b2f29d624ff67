"""What the commands show a person: colours and tables on a terminal, plain text in a pipe.

`NO_COLOR` and `TERM=dumb` switch colours off, `FORCE_COLOR` switches them on in a pipe.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Any, Literal, TextIO

import orjson
import typer

Style = Literal["good", "bad", "warn", "note", "strong", "added", "removed", "plain"]
"""What a text means, not how it looks."""

_CODES: dict[Style, str] = {
    "good": "32",
    "bad": "31;1",
    "warn": "33",
    "note": "2",
    "strong": "1",
    "added": "32",
    "removed": "31",
    "plain": "",
}


def has_colours(stream: TextIO | None = None) -> bool:
    """Whether text written to `stream` (standard output) is shown in colours."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return bool(os.environ.get("FORCE_COLOR")) or (stream or sys.stdout).isatty()


def paint(text: str, style: Style, *, stream: TextIO | None = None) -> str:
    """`text` in the colours of `style`, or as it is where there are none."""
    code = _CODES[style]
    if not text or not code or not has_colours(stream):
        return text
    return f"\x1b[{code}m{text}\x1b[0m"


def show(line: str = "", *, error: bool = False) -> None:
    """Print a line that `paint` may have coloured; on standard error if `error`."""
    # Whether there are colours was decided by `paint`, so that none are taken out here.
    typer.echo(line, err=error, color=True)


def visible(text: str) -> str:
    """The text with control characters spelled out: a terminal must not obey a message."""
    return "".join(
        character if character.isprintable() else f"\\x{ord(character):02x}" for character in text
    )


def print_table(
    rows: Sequence[Sequence[str]],
    headers: Sequence[str] = ("Field", "Name", "Value"),
    styles: Sequence[Style] | None = None,
) -> None:
    """Aligned columns without headers in a pipe; a table with lines where a person reads it.

    `styles` has one style for each row. Control characters are spelled out.
    """
    cells = [[visible(text) for text in row] for row in rows]
    painted = styles or ["plain"] * len(cells)
    if sys.stdout.isatty():
        _print_lined(cells, headers, painted)
        return
    columns = range(len(headers) - 1)
    widths = [max((len(row[column]) for row in cells), default=0) for column in columns]
    for row, style in zip(cells, painted, strict=True):
        aligned = [f"{text:<{width}}" for text, width in zip(row, [*widths, 0], strict=True)]
        show(paint("  ".join(aligned).rstrip(), style))


def _print_lined(
    rows: Sequence[Sequence[str]], headers: Sequence[str], styles: Sequence[Style]
) -> None:
    # Costs forty milliseconds, which a pipe need not pay.
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    looks = {"32": "green", "31;1": "bold red", "33": "yellow", "2": "dim", "1": "bold"}
    looks |= {"31": "red", "": ""}
    table = Table()
    for header in headers:
        # A value that is too long for its column goes on below: nothing of it is cut off.
        table.add_column(header, overflow="fold")
    for row, style in zip(rows, styles, strict=True):
        table.add_row(*(Text(cell) for cell in row), style=looks[_CODES[style]])
    Console(no_color=not has_colours()).print(table)


def print_json(document: Any) -> None:
    """A document as indented JSON, in colours on a terminal."""
    text = orjson.dumps(document, option=orjson.OPT_INDENT_2)
    if not has_colours():
        typer.echo(text)
        return
    from rich.console import Console

    # The width must not break a value that somebody wants to copy.
    Console(force_terminal=True).print_json(text.decode(), indent=2)

"""`cbs spec import`: another codec's specification as one of ours."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from cbs.importers import FORMATS, Choices, import_specification

FormatName = Annotated[str, typer.Argument(metavar="FORMAT", help=f"One of {', '.join(FORMATS)}.")]
Follow = Annotated[
    Literal["read", "write"] | None,
    typer.Option(help="Which counts where the other codec does not read what it writes."),
]
Source = Annotated[
    Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="The other's file.")
]
Output = Annotated[
    Path | None, typer.Option("-o", "--output", help="The TOML file; standard output without it.")
]
Page = Annotated[
    Literal["037", "500", "1047", "1140"] | None,
    typer.Option(help="moov: the page of texts in EBCDIC, if not the table of moov's own."),
]
Name = Annotated[
    str | None, typer.Option(help="pyiso8583: which of several dictionaries in a Python file.")
]


def import_command(
    format_name: FormatName,
    file: Source,
    output: Output = None,
    ebcdic_page: Page = None,
    follow: Follow = None,
    name: Name = None,
) -> None:
    """Write a specification file out of one of another codec.

    Ends with 1 and the path of every place that cannot be expressed; nothing is guessed.
    """
    if format_name not in FORMATS:
        raise typer.BadParameter(f"{format_name!r} is none of {', '.join(FORMATS)}")
    choices = Choices(ebcdic_page=ebcdic_page, follow=follow, name=name)
    text = import_specification(format_name, file.read_bytes(), source=str(file), choices=choices)
    if output is None:
        typer.echo(text, nl=False)
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise typer.BadParameter(f"{output}: cannot be written: {error}") from error

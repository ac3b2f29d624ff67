"""`cbs spec`: the packaged wire specifications, what is wrong in one, and those of other codecs."""

from __future__ import annotations

import itertools
import re
from typing import Annotated

import typer

from cbs.cli import EXIT_FAILED
from cbs.cli.spec_import import import_command
from cbs.cli.terminal import paint, print_json, print_table, show
from cbs.codec import lint as lint_file
from cbs.codec import specification_names, specification_text
from cbs.errors import SpecificationError

app = typer.Typer()
spec = typer.Typer(no_args_is_help=True)
app.add_typer(spec, name="spec")

Files = Annotated[
    list[str],
    typer.Argument(metavar="FILE...", help="Specification files, or packaged names."),
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON array instead of lines.")]


@spec.callback()
def _spec() -> None:
    """Wire specifications: show those of the package, check a file, or import one."""


@spec.command("list", epilog="Example: cbs spec list")
def list_command(as_json: AsJson = False) -> None:
    """Name the packaged specifications, with what each is for."""
    purposes = {name: _purpose(specification_text(name)) for name in specification_names()}
    if as_json:
        print_json([{"name": name, "purpose": purpose} for name, purpose in purposes.items()])
    else:
        print_table(list(purposes.items()), headers=("Name", "Purpose"))


@spec.command("show", epilog="Example: cbs spec show iso87_ascii > my_dialect.toml")
def show_command(
    name: Annotated[str, typer.Argument(metavar="NAME", help="One that cbs spec list names.")],
) -> None:
    """Print a packaged specification: where a dialect of your own begins."""
    try:
        typer.echo(specification_text(name), nl=False)
    except SpecificationError as error:
        raise typer.BadParameter(str(error)) from error


@spec.command(epilog="Example: cbs spec lint my_dialect.toml")
def lint(files: Files, as_json: AsJson = False) -> None:
    """Tell every fault and every oddity of specification files, with paths and lines.

    Ends with 1 if there is a fault; oddities alone are warnings.
    """
    documents = []
    for name in files:
        for severity, path, line, problem, extended in _rows(name):
            documents.append(
                {
                    "file": extended or name,
                    "line": line,
                    "severity": severity,
                    "path": path,
                    "problem": problem,
                }
            )
    faults = sum(document["severity"] == "error" for document in documents)
    if as_json:
        print_json(documents)
    else:
        for document in documents:
            show(_as_line(document))
        warnings = len(documents) - faults
        typer.echo(f"{_counted(faults, 'fault')}, {_counted(warnings, 'warning')}", err=True)
    if faults:
        raise typer.Exit(EXIT_FAILED)


spec.command("import", epilog="Example: cbs spec import jpos packager.xml -o my_dialect.toml")(
    import_command
)


def _counted(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def _as_line(document: dict[str, str | int | None]) -> str:
    place = f"{document['file']}:{document['line']}" if document["line"] else document["file"]
    path = document["path"] or "file"
    severity = str(document["severity"])
    painted = paint(severity, "bad" if severity == "error" else "warn")
    return f"{place}: {painted}: {path}: {document['problem']}"


def _purpose(text: str) -> str:
    """What a specification's first comment says before its first colon, comma or full stop."""
    comment = itertools.takewhile(lambda line: line.startswith("# "), text.splitlines())
    words = " ".join(line.removeprefix("# ") for line in comment)
    return re.split(r"[:,.](?:\s|$)", words, maxsplit=1)[0]


def _rows(name: str) -> list[tuple[str, str, int | None, str, str | None]]:
    """What is wrong or odd in a packaged specification or a file, and in those it extends."""
    try:
        return lint_file(name)
    except SpecificationError as error:
        raise typer.BadParameter(str(error)) from error

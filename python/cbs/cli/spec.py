"""`cbs spec`: what is wrong in a wire specification, and specifications of other codecs."""

from __future__ import annotations

from typing import Annotated

import typer

from cbs.cli import EXIT_FAILED
from cbs.cli.spec_import import import_command
from cbs.cli.terminal import paint, print_json, show
from cbs.codec import lint as lint_file
from cbs.errors import SpecificationError

app = typer.Typer()
spec = typer.Typer(no_args_is_help=True, help="Wire specifications: check a file, or import one.")
app.add_typer(spec, name="spec")

Files = Annotated[
    list[str],
    typer.Argument(metavar="FILE...", help="Specification files, or packaged names."),
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON array instead of lines.")]


@spec.callback()
def _spec() -> None:
    """Wire specifications: check a file, or import one."""


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
        typer.echo(f"{faults} faults, {len(documents) - faults} warnings", err=True)
    if faults:
        raise typer.Exit(EXIT_FAILED)


spec.command("import", epilog="Example: cbs spec import jpos packager.xml -o my_dialect.toml")(
    import_command
)


def _as_line(document: dict[str, str | int | None]) -> str:
    place = f"{document['file']}:{document['line']}" if document["line"] else document["file"]
    path = document["path"] or "file"
    severity = str(document["severity"])
    painted = paint(severity, "bad" if severity == "error" else "warn")
    return f"{place}: {painted}: {path}: {document['problem']}"


def _rows(name: str) -> list[tuple[str, str, int | None, str, str | None]]:
    """What is wrong or odd in a packaged specification or a file, and in those it extends."""
    try:
        return lint_file(name)
    except SpecificationError as error:
        raise typer.BadParameter(str(error)) from error

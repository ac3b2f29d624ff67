"""`cbs pcap`: the ISO 8583 conversations of a packet capture, message by message."""

from __future__ import annotations

import contextlib
import gzip
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, BinaryIO, cast

import orjson
import typer

from cbs.capture import CaptureFile, Detector, Dissector, Event, SegmentReader, Summary
from cbs.cli.pcap_document import event_document, summary_document
from cbs.cli.pcap_view import Filters, show_event, show_summary
from cbs.cli.terminal import paint, show
from cbs.codec import Codec

PROGRESS_PACKETS = 20_000
"""After how many packets a person at a terminal is told how far it is."""

_GZIP = b"\x1f\x8b"

app = typer.Typer(add_completion=False, rich_markup_mode="markdown")

CaptureName = Annotated[
    str,
    typer.Argument(metavar="FILE", help="A pcap or pcapng file, also gzipped, or - for stdin."),
]
Spec = Annotated[
    str | None,
    typer.Option("--spec", help="A packaged specification, or a .toml file; found out if none."),
]
Framing = Annotated[
    str | None,
    typer.Option("--framing", help="As in the reference: vmlh, len2, ...; found out if none."),
]
Header = Annotated[
    str | None,
    typer.Option("--header", help="visa22, tpdu, fixed:N, self, none, or auto; found out if none."),
]
Ports = Annotated[
    list[int] | None, typer.Option("--port", help="Only conversations with this port; repeatable.")
]
Hosts = Annotated[
    list[str] | None, typer.Option("--host", help="Only with this address; repeatable.")
]
Mti = Annotated[str | None, typer.Option("--mti", help="Only message types like 0100 or 01*.")]
Rrn = Annotated[str | None, typer.Option("--rrn", help="Only this reference number (DE37).")]
Describe = Annotated[bool, typer.Option("--describe", help="Every field of every message.")]
LateMs = Annotated[int, typer.Option("--late-ms", help="From when an answer counts as late.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object in a line.")]


@app.command(epilog="Example: cbs pcap traffic.pcapng --port 8583 --mti '01*'")
def pcap(
    file: CaptureName,
    spec: Spec = None,
    framing: Framing = None,
    header: Header = None,
    port: Ports = None,
    host: Hosts = None,
    mti: Mti = None,
    rrn: Rrn = None,
    describe: Describe = False,
    late_ms: LateMs = 10_000,
    as_json: AsJson = False,
) -> None:
    """Show the messages of a capture's TCP conversations, requests paired with answers.

    Dialect and framing are found out for each conversation unless they are told. Card data is not
    shown. Ends with 1 if the capture is broken; what could be read of it is shown.
    """
    filters = Filters(mti=mti, rrn=rrn)
    try:
        detector = Detector(spec, framing, header or (framing and "none"))
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    dissector = Dissector(
        detector,
        ports=frozenset(port or ()),
        hosts=frozenset(host or ()),
        late_ms=late_ms,
    )
    if spec is not None:
        Codec.load(spec)  # a name that is wrong is told before anything is read
    with _opened(file) as stream:
        capture, reader, summary = CaptureFile(stream), SegmentReader(), Summary()
        for event in _events(capture, reader, dissector):
            summary.add(event)
            if filters.let_pass(event):
                if as_json:
                    typer.echo(orjson.dumps(event_document(event, describe=describe)))
                else:
                    show_event(event, describe=describe)
    if as_json:
        typer.echo(orjson.dumps(summary_document(summary, reader, capture.problem)))
    else:
        show_summary(summary, reader)
    if capture.problem is not None:
        show(paint(f"cbs: {capture.problem}", "bad", stream=sys.stderr), error=True)
        raise typer.Exit(1)


def _events(capture: CaptureFile, reader: SegmentReader, dissector: Dissector) -> Iterator[Event]:
    is_watched = sys.stderr.isatty() and not sys.stdout.isatty()
    for number, packet in enumerate(capture, 1):
        segment = reader.read(packet)
        if segment is not None:
            yield from dissector.feed(segment)
        if is_watched and number % PROGRESS_PACKETS == 0:
            told = f"\r{number:,} packets, {capture.bytes_read / 1e6:,.0f} MB"
            print(told, end="", file=sys.stderr, flush=True)
    if is_watched:
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)
    yield from dissector.finish()


@contextlib.contextmanager
def _opened(name: str) -> Iterator[BinaryIO]:
    """The capture as a stream, unpacked if it is gzipped. Nothing is read ahead of need."""
    if name == "-":
        yield sys.stdin.buffer
        return
    with contextlib.ExitStack() as stack:
        try:
            file = stack.enter_context(Path(name).open("rb"))
            is_packed = file.peek(2)[:2] == _GZIP
        except OSError as error:
            raise typer.BadParameter(f"{name}: {error.strerror}") from error
        yield cast(BinaryIO, gzip.GzipFile(fileobj=file)) if is_packed else file

"""`cbs simulate send` and `cbs simulate host`: one message with expectations, a scripted host."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from cbs.cli.simulate_session import (
    HostOption,
    JsonOption,
    PortOption,
    SpecificationOption,
    TimeoutOption,
    errors_told,
    open_session,
    tls_options,
)
from cbs.cli.source import read_bytes
from cbs.codec import Codec
from cbs.mux.tls import server_context
from cbs.settings import Settings
from cbs.simulator.host import ScriptedHost, Watcher
from cbs.simulator.narrator import Narrator
from cbs.simulator.script import Script, differences

EXIT_UNEXPECTED = 1


def send(
    document: Annotated[
        str, typer.Argument(metavar="FILE", help="JSON as `cbs decode --reveal` gives it, or -.")
    ],
    expect: Annotated[
        list[str] | None,
        typer.Option(help="PATH=TEXT of the reply, * for any characters, or PATH=absent; repeat."),
    ] = None,
    host: HostOption = None,
    port: PortOption = None,
    timeout_s: TimeoutOption = 5.0,
    specification: SpecificationOption = None,
    framing: Annotated[str, typer.Option(help="As in the reference: vmlh, len2, ...")] = "vmlh",
    header: Annotated[str, typer.Option(help="none; visa22 and tpdu are written blank.")] = "none",
    as_json: JsonOption = False,
) -> None:
    """Send a message and check its reply. Exit code 0 means that it is as expected."""
    expected = _expectations(expect or [])
    fields = _fields(read_bytes(document))
    opened = open_session(host, port, timeout_s, specification, framing=framing, header=header)
    with errors_told(), opened as session:
        exchange = session.exchange(fields, as_json=as_json)
    told = differences(exchange.reply, expected)
    for text in told:
        typer.echo(text, err=True)
    raise typer.Exit(EXIT_UNEXPECTED if told else 0)


def host(
    script: Annotated[
        Path, typer.Argument(help="Rules as TOML: docs/howto/script-a-host.md.", exists=True)
    ],
    listen: Annotated[str, typer.Option(help="host:port; port 0 takes a free one.")] = (
        "127.0.0.1:8583"
    ),
    framing: Annotated[str, typer.Option(help="As in the reference: vmlh, len2, ...")] = "vmlh",
    header: Annotated[str, typer.Option(help="visa22, tpdu, fixed:N, none or auto.")] = "auto",
    specification: SpecificationOption = None,
) -> None:
    """Answer messages by a script, until Ctrl-C: a host for a client under test.

    By TLS with --tls-certificate and --tls-key in front of `host`; --tls-authority asks peers
    for certificates.
    """
    address, colon, port = listen.rpartition(":")
    if not (colon and address and port.isascii() and port.isdigit() and int(port) <= 65535):
        raise typer.BadParameter("host:port is needed, such as 127.0.0.1:8583")
    codec = Codec.load(specification or Settings.from_environment().specification)
    narrator = Narrator()
    options = tls_options.get()
    context = None
    if options.certificate is not None and options.key is not None:
        context = server_context(
            options.certificate,
            options.key,
            options.authority,
            on_refused=lambda reason: narrator.say(f"a link is refused by TLS: {reason}"),
        )
    rules = Script.load(script)
    if not rules.rules:
        typer.echo(f"{script} has no [[rules]]: only network management is answered", err=True)
    scripted = ScriptedHost(
        codec,
        rules,
        framing=framing,
        header=None if header == "none" else header,
        tls=context,
        watcher=Watcher(received=narrator.sent, answered=narrator.answered, told=narrator.say),
    )
    asyncio.run(_run(scripted, address.strip("[]"), int(port)))


async def _run(scripted: ScriptedHost, address: str, port: int) -> None:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    try:
        await scripted.start(address, port)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    typer.echo(f"listening on {address}:{scripted.port}; Ctrl-C ends it")
    with contextlib.suppress(asyncio.CancelledError):
        await ended.wait()
    await scripted.stop()


def _expectations(given: list[str]) -> dict[str, str]:
    expected = {}
    for text in given:
        path, equals, wanted = text.partition("=")
        if not (equals and path):
            raise typer.BadParameter("PATH=TEXT is needed, such as 39=00", param_hint="--expect")
        expected[path] = wanted
    return expected


def _fields(content: bytes) -> dict[str, Any]:
    try:
        fields = orjson.loads(content)
    except orjson.JSONDecodeError:
        fields = None
    if not isinstance(fields, dict):
        # The text is not repeated: it may be a message.
        raise typer.BadParameter("not one JSON object", param_hint="FILE")
    return fields

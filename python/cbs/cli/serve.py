"""`cbs serve`: the issuer host, with its database unless it is told of another one."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import os
import signal
import ssl
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer
import uvloop

from cbs._native import TokenKey, build_profile
from cbs.cli.keeper import keep_running
from cbs.cli.program import program
from cbs.codec import Codec
from cbs.database.embedded import EmbeddedServer
from cbs.database.migrate import CONTRACT_VERSION, migrate
from cbs.database.portfolio import load_demo
from cbs.link.limits import Limits
from cbs.link.listener import bind, bound_to
from cbs.link.server import Server, ServerPlan, Started
from cbs.mux.tls import ClientTls, client_context, server_context
from cbs.network import Profile
from cbs.settings import Settings
from cbs.telemetry import Telemetry, configure_logging

app = typer.Typer(add_completion=False)

EXIT_INTERRUPTED = 130


@app.command(epilog="Example: cbs serve --migrate --demo")
def serve(
    listen: Annotated[
        str | None,
        typer.Option(help="Where networks may connect; port 0 takes a free one. [CBS_LISTEN]"),
    ] = None,
    connect: Annotated[
        str | None, typer.Option(help="A network to connect to as well. [CBS_CONNECT]")
    ] = None,
    migrate_first: Annotated[
        bool, typer.Option("--migrate", help="Bring the database's schema up to date first.")
    ] = False,
    demo: Annotated[
        bool, typer.Option("--demo", help="Load the demo portfolio unless it is there.")
    ] = False,
    profile: Annotated[
        str | None, typer.Option(help="A packaged profile or a TOML file. [CBS_PROFILE]")
    ] = None,
    ready_file: Annotated[
        Path | None, typer.Option(help="Write host:port there once messages are accepted.")
    ] = None,
) -> None:
    """Serve card networks: decide their messages and answer them.

    Starts a PostgreSQL of its own unless CBS_DATABASE_URL names one. Ctrl-C stops in good order.
    """
    settings = _settings(listen, connect, profile)
    try:
        with _terminable():
            _serve(settings, migrate_first=migrate_first, demo=demo, ready_file=ready_file)
    except KeyboardInterrupt:
        typer.echo("stopped before it served", err=True)
        raise typer.Exit(EXIT_INTERRUPTED) from None


def _settings(listen: str | None, connect: str | None, profile: str | None) -> Settings:
    """The environment's settings, with the command line's in their place."""
    asked = {"CBS_LISTEN": listen, "CBS_CONNECT": connect, "CBS_PROFILE": profile}
    given = {name: text for name, text in asked.items() if text is not None}
    return Settings.from_environment({**os.environ, **given})


def _serve(settings: Settings, *, migrate_first: bool, demo: bool, ready_file: Path | None) -> None:
    configure_logging(settings.log_level)
    listener = bind(settings.listen)
    settings = dataclasses.replace(settings, listen=bound_to(listener, settings.listen))
    codec = Codec.load(settings.specification)
    token_key = TokenKey(settings.token_key())
    profile = Profile.load(settings.profile, codec=codec, token_key=token_key)
    telemetry = Telemetry()
    tls, connect_tls = _listener_tls(settings, telemetry), _connector_tls(settings)
    with contextlib.ExitStack() as stack:
        stack.callback(listener.close)
        embedded = _embedded(settings, stack)
        url = embedded.url if embedded else settings.database_url or ""
        if migrate_first:
            _say("bringing the schema up to date")
            for note in migrate(url, progress=_say).notes:
                typer.echo(f"  {note}", err=True)
        if demo:
            _say("loading the demo portfolio")
            load_demo(url, token_key, progress=_say)
        plan = ServerPlan(
            database_url=url,
            listener=listener,
            listen=settings.listen,
            connect=settings.connect,
            lane_count=settings.lanes,
            codec=codec,
            profile=profile,
            contract_version=CONTRACT_VERSION,
            tls=tls,
            connect_tls=connect_tls,
            limits=Limits(batch_size_max=settings.batch_size_max),
        )

        def ready(started: Started) -> None:
            typer.echo(_screen(settings, started, demo=demo))
            if ready_file is not None:
                _write_ready_file(ready_file, f"{settings.listen}\n")

        try:
            uvloop.run(_run(plan, telemetry, ready, embedded))
        finally:
            # From here on there is nothing to interrupt: the database stops in order.
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, signal.SIG_IGN)
            if ready_file is not None:
                ready_file.unlink(missing_ok=True)
    typer.echo("stopped")


async def _run(
    plan: ServerPlan,
    telemetry: Telemetry,
    ready: Callable[[Started], None],
    embedded: EmbeddedServer | None,
) -> None:
    server = Server(plan, telemetry)
    reason = "it could not start"
    keeping: asyncio.Task[None] | None = None
    try:
        started = await server.start()
        waiting = asyncio.ensure_future(server.wait())
        # The handlers of `wait` must be in place before anybody is told that it serves.
        await asyncio.sleep(0)
        ready(started)
        if embedded is not None:
            keeping = asyncio.create_task(keep_running(embedded, telemetry), name="keeper")
            # Its error, when it gives up, is raised below; here it only ends the wait.
            keeping.add_done_callback(lambda _: waiting.cancel())
        reason = "the embedded database is lost"
        try:
            reason = await waiting
        except asyncio.CancelledError:
            if keeping is None or not keeping.done():
                raise
    finally:
        await server.stop(reason)
        if keeping is not None:
            keeping.cancel()
    if keeping is not None and keeping.done():
        keeping.result()


def _listener_tls(settings: Settings, telemetry: Telemetry) -> ssl.SSLContext | None:
    files = settings.tls
    if files.certificate is None or files.key is None:
        return None
    return server_context(
        files.certificate, files.key, files.client_authority, on_refused=telemetry.tls_refused
    )


def _connector_tls(settings: Settings) -> ClientTls | None:
    files = settings.tls
    if files.connect_authority is None:
        return None
    context = client_context(files.connect_authority, files.certificate, files.key)
    return ClientTls(context, files.connect_server_name)


def _embedded(settings: Settings, stack: contextlib.ExitStack) -> EmbeddedServer | None:
    """The server of our own, started, unless the settings name another database."""
    if settings.database_url is not None:
        return None
    _say("starting PostgreSQL")
    embedded = EmbeddedServer(settings.postgres_dir, bin_dir=settings.postgres_bin)
    return stack.enter_context(embedded)


def _screen(settings: Settings, started: Started, *, demo: bool) -> str:
    """What runs, how to talk to it, how to stop it."""
    address = settings.listen
    simulate = f"{program()} simulate{' --tls-authority FILE' if settings.tls.certificate else ''}"
    where = "" if (address.host, address.port) == ("127.0.0.1", 8583) else f" --port {address.port}"
    database = "external" if settings.database_url else f"embedded, in {settings.postgres_dir}"
    rows = [
        ("listening", f"{address}{_tls_text(settings)}, network profile {settings.profile}"),
        ("connecting", _connecting_text(settings)),
        ("database", f"PostgreSQL {started.server_version}, {database}"),
        ("portfolio", f"{started.card_count:,} cards" + (", demo included" if demo else "")),
        ("lanes", f"{settings.lanes}, batches of up to {settings.batch_size_max}"),
        ("version", f"CBS {version('cbs')}, codec build: {build_profile}"),
        ("", ""),
        ("send a message", f"{simulate} purchase{where}"),
        ("whole stories", f"{simulate} stories{where}"),
        ("echo test", f"{simulate} echo{where}"),
        ("stop", "Ctrl-C answers what is in flight first; a second one hurries"),
    ]
    return "\n".join(f"  {name:<16}{text}".rstrip() for name, text in rows) + "\n"


def _tls_text(settings: Settings) -> str:
    if settings.tls.certificate is None:
        return ""
    return " by TLS, peers with certificates only" if settings.tls.client_authority else " by TLS"


def _connecting_text(settings: Settings) -> str:
    if settings.connect is None:
        return "no"
    return f"{settings.connect}{' by TLS' if settings.tls.connect_authority else ''}"


def _say(text: str) -> None:
    typer.echo(f"  {text} ...", err=True)


def _write_ready_file(path: Path, text: str) -> None:
    """Under another name first, so that nobody reads half of it."""
    draft = path.with_name(f".{path.name}.new")
    draft.write_text(text, encoding="ascii")
    draft.replace(path)


@contextlib.contextmanager
def _terminable() -> Iterator[None]:
    """Let SIGTERM unwind as Ctrl-C does, so that an embedded database is stopped with us."""

    def interrupt(_number: int, _frame: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)

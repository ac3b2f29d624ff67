"""`cbs simulate`: play the card network, one message or one story at a time."""

from __future__ import annotations

from typing import Annotated

import typer

from cbs.cli.program import program
from cbs.cli.simulate_script import host as scripted_host
from cbs.cli.simulate_script import send
from cbs.cli.simulate_session import (
    AuthorityOption,
    CardOption,
    CertificateOption,
    CurrencyOption,
    ExpiryOption,
    HostOption,
    JsonOption,
    KeyOption,
    PortOption,
    ServerNameOption,
    SpecificationOption,
    TimeoutOption,
    TlsOptions,
    errors_told,
    exit_code,
    open_session,
    original_identified,
    original_remembered,
    tls_options,
    where,
)
from cbs.codec import looks_framed
from cbs.simulator import messages
from cbs.simulator.cards import StoryCards, card_named, currency_of, demo_index
from cbs.simulator.money import parse_amount
from cbs.simulator.scene import Scene, run_story
from cbs.simulator.stories import STORIES, story_named

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    epilog="Example: cbs simulate stories",
)

# An echo test: bitmaps of fields 7, 11 and 70, then those three.
_ECHO_EXAMPLE = "0800" + "8220000000000000" + "0400000000000000" + "1121213000" + "000001" + "0301"


@app.callback()
def links(
    authority: AuthorityOption = None,
    certificate: CertificateOption = None,
    key: KeyOption = None,
    server_name: ServerNameOption = None,
) -> None:
    """Play the card network against a running host."""
    tls_options.set(TlsOptions(authority, certificate, key, server_name))


@app.command(
    epilog="Example: cbs simulate purchase --card 1 --amount 42.50 --currency EUR --entry ecommerce"
)
def purchase(
    card: CardOption = "1",
    expiry: ExpiryOption = None,
    amount: Annotated[str, typer.Option(help="In major units.")] = "42.50",
    currency: CurrencyOption = None,
    entry: Annotated[str, typer.Option(help="chip, contactless, ecommerce or magstripe.")] = "chip",
    partial: Annotated[
        bool, typer.Option("--partial", help="The terminal can take a part of the amount.")
    ] = False,
    cash: Annotated[bool, typer.Option("--cash", help="A cash machine, not a shop.")] = False,
    host: HostOption = None,
    port: PortOption = None,
    timeout_s: TimeoutOption = 5.0,
    specification: SpecificationOption = None,
    as_json: JsonOption = False,
) -> None:
    """Send a purchase (0100) and print the answer. Exit code 0 means approved."""
    with errors_told(), open_session(host, port, timeout_s, specification) as session:
        try:
            how = messages.as_entry(entry)
        except ValueError as error:
            raise typer.BadParameter(str(error), param_hint="--entry") from error
        used = card_named(card, expiry)
        money = currency_of(used, currency)
        amount_minor = parse_amount(amount, money.code)
        if cash:
            fields = messages.cash(used, amount_minor, money.number, entry=how)
        else:
            fields = messages.purchase(
                used, amount_minor, money.number, entry=how, partial_approval=partial
            )
        exchange = session.exchange(fields, as_json=as_json)
        session.remember(fields, exchange)
        if not as_json and exit_code(exchange) == 0:
            # A card number is not printed, whoever typed it.
            typer.echo(
                f"  to take it back: {program()} simulate{tls_options.get().words()} "
                f"reversal{where(host, port)} --last, or "
                f"--card {demo_index(used.pan) or 'CARD --expiry YYMM'} "
                f"--amount {amount} --currency {money.code} --stan {fields['11']} "
                f"--transmitted {fields['7']} --reference {fields['37']}"
            )
    raise typer.Exit(exit_code(exchange))


@app.command(epilog="Example: cbs simulate reversal --last --replacement 20.00")
def reversal(
    last: Annotated[
        bool, typer.Option("--last", help="The purchase that was sent last from this folder.")
    ] = False,
    card: Annotated[str | None, typer.Option(help="As for the purchase.")] = None,
    expiry: ExpiryOption = None,
    amount: Annotated[str | None, typer.Option(help="As for the purchase.")] = None,
    currency: CurrencyOption = None,
    stan: Annotated[str | None, typer.Option(help="The purchase's trace number.")] = None,
    transmitted: Annotated[
        str | None, typer.Option(help="The purchase's transmission time, MMDDhhmmss.")
    ] = None,
    reference: Annotated[
        str | None, typer.Option(help="The purchase's retrieval reference.")
    ] = None,
    replacement: Annotated[
        str | None, typer.Option(help="The new total; without it the whole is taken back.")
    ] = None,
    request: Annotated[
        bool, typer.Option("--request", help="Send a 0400 request, not an 0420 advice.")
    ] = False,
    host: HostOption = None,
    port: PortOption = None,
    timeout_s: TimeoutOption = 5.0,
    specification: SpecificationOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take a purchase back, wholly or in part. Exit code 0 means accepted."""
    with errors_told(), open_session(host, port, timeout_s, specification) as session:
        if last:
            original = original_remembered(session, card, expiry)
        else:
            original = original_identified(
                card_text=card,
                expiry=expiry,
                amount=amount,
                currency=currency,
                stan=stan,
                transmitted=transmitted,
                reference=reference,
            )
        code = original.pop("38", None)
        exchange = session.exchange(
            messages.reversal(
                original,
                mti="0400" if request else "0420",
                replacement_minor=(
                    None if replacement is None else parse_amount(replacement, original["49"])
                ),
                authorization_code=code,
            ),
            as_json=as_json,
        )
    raise typer.Exit(exit_code(exchange))


@app.command(epilog="Example: cbs simulate echo --host 10.0.0.5 --port 8583")
def echo(
    host: HostOption = None,
    port: PortOption = None,
    timeout_s: TimeoutOption = 5.0,
    specification: SpecificationOption = None,
    as_json: JsonOption = False,
) -> None:
    """Ask the host whether it is there (0800, code 301)."""
    _network_management(messages.ECHO, host, port, timeout_s, specification, as_json)


@app.command("sign-on", epilog="Example: cbs simulate sign-on")
def sign_on(
    host: HostOption = None,
    port: PortOption = None,
    timeout_s: TimeoutOption = 5.0,
    specification: SpecificationOption = None,
    as_json: JsonOption = False,
) -> None:
    """Tell the host that the network is there (0800, code 001)."""
    _network_management(messages.SIGN_ON, host, port, timeout_s, specification, as_json)


@app.command("sign-off", epilog="Example: cbs simulate sign-off")
def sign_off(
    host: HostOption = None,
    port: PortOption = None,
    timeout_s: TimeoutOption = 5.0,
    specification: SpecificationOption = None,
    as_json: JsonOption = False,
) -> None:
    """Tell the host that the network goes (0800, code 002)."""
    _network_management(messages.SIGN_OFF, host, port, timeout_s, specification, as_json)


@app.command(epilog=f"Example: cbs simulate raw {_ECHO_EXAMPLE}")
def raw(
    hexadecimal: Annotated[
        str,
        typer.Argument(
            metavar="HEX",
            help="A message, MTI first, or a whole frame; blanks are ignored.",
        ),
    ],
    framed: Annotated[
        bool | None,
        typer.Option(
            "--framed/--body",
            help="Send HEX as it is, or in a frame of ours; guessed unless given.",
        ),
    ] = None,
    host: HostOption = None,
    port: PortOption = None,
    timeout_s: TimeoutOption = 5.0,
    specification: SpecificationOption = None,
    as_json: JsonOption = False,
) -> None:
    """Send bytes as they are, well formed or not, and print what comes back."""
    try:
        data = bytes.fromhex("".join(hexadecimal.split()))
    except ValueError as error:
        raise typer.BadParameter(f"no hexadecimal text: {error}", param_hint="HEX") from error
    if framed is None:
        framed = looks_framed(data)
    with errors_told(), open_session(host, port, timeout_s, specification) as session:
        with session.client as client:
            if not as_json and not framed:
                session.tell_sent(data)
            if framed:
                # An answer to the answer of a poll sent by hand would go on for ever.
                client.answers_polls = False
                client.send_bytes(data)
            else:
                client.send_body(data)
            reply, reply_body = client.receive()
        if as_json:
            typer.echo(reply.to_json().decode())
        else:
            session.narrator.answered(reply)
            typer.echo(f"  {len(reply_body)} bytes, fields {', '.join(reply)}")


@app.command(epilog="Example: cbs simulate stories web-purchase fuel")
def stories(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME]...", help="Which; all unless given.")
    ] = None,
    list_only: Annotated[bool, typer.Option("--list", help="Print the names and end.")] = False,
    card: Annotated[
        str | None, typer.Option(help="Play on this demo card instead of one by chance.")
    ] = None,
    host: HostOption = None,
    port: PortOption = None,
    timeout_s: TimeoutOption = 5.0,
    specification: SpecificationOption = None,
) -> None:
    """Play stories end to end and check every answer. Exit code 0 means that all went well."""
    if list_only:
        for story in STORIES:
            typer.echo(f"{story.name:<18} {story.title}")
        return
    try:
        chosen = [story_named(name) for name in names] if names else list(STORIES)
    except KeyError as error:
        known = ", ".join(story.name for story in STORIES)
        raise typer.BadParameter(f"no story {error}; known are {known}") from error
    with errors_told(), open_session(host, port, timeout_s, specification) as session:
        with session.client:
            session.narrator.say(f"The host at {session.client.address} is there.")
        succeeded = 0
        for story in chosen:
            scene = Scene(session.client, StoryCards(card), session.narrator)
            succeeded += run_story(story, scene)
        session.narrator.closing(
            f"{succeeded} of {len(chosen)} stories", succeeded=succeeded == len(chosen)
        )
    raise typer.Exit(0 if succeeded == len(chosen) else 1)


app.command(epilog="Example: cbs simulate send purchase.json --expect 39=00")(send)
app.command("host", epilog="Example: cbs simulate host script.toml --listen 127.0.0.1:0")(
    scripted_host
)


def _network_management(
    code: str,
    host: str | None,
    port: int | None,
    timeout_s: float,
    specification: str | None,
    as_json: bool,
) -> None:
    """Send one 0800 and end with its exit code."""
    with errors_told(), open_session(host, port, timeout_s, specification) as session:
        exchange = session.exchange(messages.network_management(code), as_json=as_json)
    raise typer.Exit(exit_code(exchange))

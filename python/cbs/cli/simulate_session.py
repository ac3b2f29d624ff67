"""What the commands of `cbs simulate` share: options, the link, errors in one line."""

from __future__ import annotations

import contextlib
import shlex
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from cbs.cli.program import program
from cbs.codec import Codec
from cbs.errors import DecodeError
from cbs.mux.errors import HostUnreachableError
from cbs.mux.tls import ClientTls, client_context
from cbs.settings import Settings
from cbs.simulator import messages
from cbs.simulator.cards import card_named, currency_of, demo_index
from cbs.simulator.client import Client, Exchange
from cbs.simulator.journal import LastPurchase
from cbs.simulator.messages import Fields
from cbs.simulator.money import parse_amount
from cbs.simulator.narrator import Narrator
from cbs.simulator.wording import APPROVALS

HostOption = Annotated[
    str | None, typer.Option(help="The host's address; that of CBS_LISTEN unless given.")
]
PortOption = Annotated[
    int | None,
    typer.Option(help="The host's port; that of CBS_LISTEN unless given.", min=1, max=65535),
]
TimeoutOption = Annotated[
    float, typer.Option("--timeout", help="Seconds to wait for an answer.", min=0.01)
]
SpecificationOption = Annotated[
    str | None,
    typer.Option(
        "--spec",
        help="A packaged specification, or a .toml file; CBS_SPECIFICATION unless given.",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object, card masked.")]
CardOption = Annotated[
    str, typer.Option(help="A demo card's number (1 to 2000), or a whole card number.")
]
ExpiryOption = Annotated[
    str | None, typer.Option(help="YYMM; needed only for a card that is no demo card.")
]
CurrencyOption = Annotated[
    str | None, typer.Option(help="ISO 4217: EUR, or 978; the demo card's own unless given.")
]

AuthorityOption = Annotated[
    Path | None,
    typer.Option("--tls-authority", help="Connect by TLS; who signed the host's certificate."),
]
CertificateOption = Annotated[
    Path | None, typer.Option("--tls-certificate", help="A certificate to show to the host.")
]
KeyOption = Annotated[Path | None, typer.Option("--tls-key", help="Its key.")]
ServerNameOption = Annotated[
    str | None,
    typer.Option("--tls-server-name", help="The name in the host's certificate; --host if none."),
]

_JOURNAL_NAME = "simulator-last-purchase.json"
_DEFAULT_PORT = 8583


@dataclass(frozen=True, slots=True)
class TlsOptions:
    """The options of TLS, which stand in front of every command of `cbs simulate`."""

    authority: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    server_name: str | None = None

    def client(self) -> ClientTls | None:
        """How to connect; None for a plain link. Raises `SettingsError`."""
        if self.authority is None:
            if self.certificate or self.key or self.server_name:
                raise typer.BadParameter("--tls-authority is needed for a link by TLS")
            return None
        return ClientTls(
            client_context(self.authority, self.certificate, self.key), self.server_name
        )

    def words(self) -> str:
        """The same options for another command; nothing where none were given."""
        given = {
            "--tls-authority": self.authority,
            "--tls-certificate": self.certificate,
            "--tls-key": self.key,
            "--tls-server-name": self.server_name,
        }
        return "".join(f" {name} {shlex.quote(str(text))}" for name, text in given.items() if text)


tls_options: ContextVar[TlsOptions] = ContextVar("tls_options", default=TlsOptions())  # noqa: B039
"""Those of the command that runs."""


@dataclass(frozen=True, slots=True)
class Session:
    """What every command needs: a client that is not connected yet, and someone who prints."""

    client: Client
    journal_path: Path
    narrator: Narrator

    def exchange(self, fields: Fields, *, as_json: bool) -> Exchange:
        """Send one message and print both ways."""
        with self.client:
            if not as_json:
                self.tell_sent(self.client.codec.encode(fields))
            exchange = self.client.request(fields)
        if as_json:
            typer.echo(_as_json(exchange))
        else:
            self.narrator.answered(exchange.reply, exchange.elapsed_s)
        return exchange

    def tell_sent(self, body: bytes) -> None:
        """Print what leaves, as far as it can be read."""
        try:
            self.narrator.sent(self.client.codec.decode(body))
        except DecodeError as error:
            self.narrator.say(f"sending {len(body)} bytes that are no message: {error}")

    def remember(self, fields: Fields, exchange: Exchange) -> None:
        """Keep a purchase for `reversal --last`."""
        index = demo_index(fields["2"])
        LastPurchase.of(fields, index, exchange.reply.get("38")).write(self.journal_path)


@contextlib.contextmanager
def open_session(
    host: str | None,
    port: int | None,
    timeout_s: float,
    specification: str | None,
    *,
    framing: str = "vmlh",
    header: str = "none",
) -> Iterator[Session]:
    """A session on the address given, or on that of the settings; closed at the end."""
    settings = Settings.from_environment()
    codec = Codec.load(specification or settings.specification)
    try:
        client = Client(
            host or settings.listen.host,
            port or settings.listen.port or _DEFAULT_PORT,
            codec,
            framing=framing,
            header=None if header == "none" else header,
            timeout_s=timeout_s,
            tls=tls_options.get().client(),
        )
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--framing, --header") from None
    try:
        yield Session(client, settings.data_dir / _JOURNAL_NAME, Narrator())
    finally:
        client.close()


@contextlib.contextmanager
def errors_told() -> Iterator[None]:
    """Say how to start a host where there is none; every other error speaks for itself."""
    try:
        yield
    except HostUnreachableError as error:
        how = f"{program()} serve --migrate --demo, or in a checkout: make run"
        raise HostUnreachableError(f"{error}; start one: {how}") from error


def where(host: str | None, port: int | None) -> str:
    """The options that lead another command to the same host; nothing where none were given."""
    given = "" if host is None else f" --host {shlex.quote(host)}"
    return given if port is None else f"{given} --port {port}"


def exit_code(exchange: Exchange) -> int:
    """0 where the host approved or accepted, 1 where it did not."""
    return 0 if exchange.response_code in APPROVALS else 1


def original_remembered(session: Session, card_text: str | None, expiry: str | None) -> Fields:
    """The last purchase with its card put back; its authorization code at "38"."""
    last = LastPurchase.read(session.journal_path)
    if card_text is None and last.card_index is None:
        raise typer.BadParameter("the last purchase was on no demo card; add --card and --expiry")
    card = card_named(card_text or str(last.card_index), expiry)
    original = {**last.fields, "2": card.pan, "14": card.expiry}
    if last.authorization_code is not None:
        original["38"] = last.authorization_code
    return original


def original_identified(
    *,
    card_text: str | None,
    expiry: str | None,
    amount: str | None,
    currency: str | None,
    stan: str | None,
    transmitted: str | None,
    reference: str | None,
) -> Fields:
    """A purchase rebuilt from what `purchase` printed of it."""
    if not (card_text and amount and stan and transmitted):
        raise typer.BadParameter("--last, or --card, --amount, --stan and --transmitted are needed")
    card = card_named(card_text, expiry)
    money = currency_of(card, currency)
    original = messages.purchase(card, parse_amount(amount, money.code), money.number)
    # Nothing else of the purchase is known, and a made-up identifier must not be sent.
    for unknown in ("35", "37", "55", "62"):
        original.pop(unknown, None)
    original |= {"11": stan, "7": transmitted}
    if reference is not None:
        original["37"] = reference
    return original


def _as_json(exchange: Exchange) -> str:
    shown: dict[str, Any] = {
        "request": orjson.Fragment(exchange.request.to_json()),
        "reply": orjson.Fragment(exchange.reply.to_json()),
        "elapsed_ms": round(exchange.elapsed_s * 1000, 3),
    }
    return orjson.dumps(shown).decode()

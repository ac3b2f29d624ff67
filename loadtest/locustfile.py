"""A card network for Locust: ISO 8583 over plain sockets, at a host of your choice.

README.md beside this file says how to run it. Every user holds one link and keeps one schedule; a
request's time counts from the moment it was meant to leave, so that a host that stalls cannot hide
its queue. Locust replaces the socket module when it is imported, which is before anything of `cbs`.
"""

from __future__ import annotations

import csv
import functools
import math
import os
import random
import time
from argparse import ArgumentParser
from collections import deque
from pathlib import Path
from typing import Any, Final, NamedTuple

from locust import LoadTestShape, User, events, task
from locust.env import Environment

from cbs.codec import Codec, Framer
from cbs.demo import DEMO_CARD_COUNT
from cbs.errors import CbsError
from cbs.simulator import messages
from cbs.simulator.cards import demo_cards, unknown_card
from cbs.simulator.client import Client, Exchange
from cbs.simulator.messages import Card, Entry, Fields
from cbs.simulator.money import currency_named
from cbs.simulator.wording import response_code_text

MIX: Final[dict[str, float]] = {
    "purchase": 70,
    "completion": 4,
    "reversal": 8,
    "repeat": 2,
    "inquiry": 3,
    "echo": 2,
    "unknown_card": 5,
    "too_much": 4,
    "malformed": 0.1,
}
"""What users send, by weight. Every name is a method `send_<name>` of `CardNetwork`."""

ENTRY_MIX: Final[dict[Entry, float]] = {
    "contactless": 45,
    "chip": 30,
    "ecommerce": 22,
    "magstripe": 3,
}

# fmt: off
HOUR_WEIGHTS: Final = (
    0.15, 0.08, 0.05, 0.05, 0.06, 0.15, 0.4, 0.8, 1.1, 1.3, 1.5, 1.9,
    2.5, 2.0, 1.5, 1.6, 1.8, 2.2, 1.9, 1.2, 0.8, 0.5, 0.3, 0.16,
)
# fmt: on
"""A synthetic day: 1.0 is the average hour, lunch is two and a half times that."""
PEAK_HOUR: Final = 12
PEAK_MINUTE_FACTOR: Final = 1.36

DEFAULT_HOST: Final = "127.0.0.1:8583"
CSV_COLUMNS: Final = ("pan", "expiry", "currency")

_AMOUNT_MINOR: Final = (100, 3_000)
_TOO_MUCH_MINOR: Final = 99_999_999_999
_REMEMBERED_MAX: Final = 50


class LoadCard(NamedTuple):
    """A card and the digits of the currency that its account is kept in."""

    card: Card
    currency: str


class Approved(NamedTuple):
    """A purchase that can be repeated, completed or taken back."""

    fields: Fields
    reply_body: bytes
    authorization_code: str | None


class UnexpectedReplyError(CbsError):
    """A reply that the request should not have had."""


@events.init_command_line_parser.add_listener
def add_options(parser: ArgumentParser) -> None:
    """Our options beside Locust's own; `--host` is Locust's and takes host:port here."""
    options = parser.add_argument_group("ISO 8583")
    for name, kind, default, explanation in (
        ("cards", str, "1-1500", "demo cards by number, or a CSV file of pan,expiry,currency"),
        ("mix", str, "", "weights that replace the table's, such as purchase=90,echo=10"),
        ("rate", float, 2.0, "messages a second that each user means to send"),
        ("timeout", float, 5.0, "seconds after which a missing reply is a failure"),
        ("header", str, "", "visa22 for hosts that want the 22-byte header; none unless given"),
        ("specification", str, "visa_like", "wire specification: packaged name or .toml file"),
    ):
        options.add_argument(
            f"--iso-{name}",
            type=kind,
            default=default,
            env_var=f"CBS_LOADTEST_{name.upper()}",
            help=explanation,
        )


@functools.cache
def cards_of(text: str) -> list[LoadCard]:
    """The cards that `--iso-cards` names: "1-1500", or a CSV file."""
    first, dash, last = text.partition("-")
    if dash and first.isdigit() and last.isdigit():
        if not 1 <= int(first) <= int(last) <= DEMO_CARD_COUNT:
            raise ValueError(f"cards {text}: from a lower number to a higher, 1-{DEMO_CARD_COUNT}")
        found = demo_cards(range(int(first), int(last) + 1))
        cards = [LoadCard(card, currency) for card, currency in found]
    else:
        cards = _cards_of_file(Path(text))
    if not cards:
        raise ValueError(f"cards {text}: none of them can be used")
    return cards


def _cards_of_file(path: Path) -> list[LoadCard]:
    """The rows of a CSV file; an error names the line, never what stands there."""
    cards = []
    with path.open(newline="", encoding="ascii") as file:
        rows = csv.DictReader(file)
        missing = [name for name in CSV_COLUMNS if name not in (rows.fieldnames or ())]
        if missing:
            raise ValueError(f"cards {path}: the first line lacks {', '.join(missing)}")
        for row in rows:
            pan, expiry, currency = (row[name] or "" for name in CSV_COLUMNS)
            if not (pan.isdigit() and 12 <= len(pan) <= 19 and expiry.isdigit()):
                raise ValueError(
                    f"cards {path}, line {rows.line_num}: no card number with its expiry"
                )
            cards.append(LoadCard(Card(pan, expiry), currency_named(currency).number))
    return cards


def mix_of(text: str) -> dict[str, float]:
    """The table, or only what "purchase=90,echo=10" asks for."""
    if not text:
        return MIX
    weights = {}
    for part in text.split(","):
        name, _, weight = part.partition("=")
        if name.strip() not in MIX:
            raise ValueError(f"no {name!r} in the mix; known are {', '.join(MIX)}")
        try:
            weights[name.strip()] = float(weight)
        except ValueError:
            raise ValueError(f"the mix wants a number after {name}=, found {weight!r}") from None
    if not (min(weights.values()) >= 0 and 0 < sum(weights.values()) < math.inf):
        raise ValueError("the weights of the mix must not be below zero, and one must be above")
    return weights


def endpoint_of(text: str) -> tuple[str, int]:
    """Host and port of `--host`: "127.0.0.1:8583", also with a scheme in front."""
    host, colon, port = text.rpartition("/")[2].rpartition(":")
    if not (colon and host and port.isascii() and port.isdigit() and 1 <= int(port) <= 65535):
        raise ValueError(f"--host wants host:port, such as {DEFAULT_HOST}; found {text!r}")
    return host, int(port)


class Schedule:
    """The moments at which a user means to send: evenly spaced, from a start by chance.

    As Locust's `constant_throughput`, but a user that has fallen behind keeps its missed moments,
    and its requests are measured from them.
    """

    def __init__(self, rate: float, now: float) -> None:
        """`rate` a second; `now` in seconds of the monotonic clock."""
        self._interval_s = 1.0 / rate
        self.intended = now + random.random() * self._interval_s

    def advance(self, now: float) -> float:
        """Go to the next moment; the seconds until then, or zero when it has passed."""
        self.intended += self._interval_s
        return max(0.0, self.intended - now)


class CardNetwork(User):
    """One link of a card network."""

    client: Client
    schedule: Schedule

    def on_start(self) -> None:
        """Open the link, sign on, and start the schedule."""
        options = self.environment.parsed_options
        if options is None:
            raise ValueError("the options of Locust's command line are needed")
        host, port = endpoint_of(self.host or DEFAULT_HOST)
        codec = Codec.load(options.iso_specification)
        self.client = Client(
            host,
            port,
            codec,
            header=options.iso_header or None,
            timeout_s=options.iso_timeout,
        )
        self.cards = cards_of(options.iso_cards)
        self.mix = mix_of(options.iso_mix)
        self.approved: deque[Approved] = deque(maxlen=_REMEMBERED_MAX)
        self.unanswered: deque[Fields] = deque(maxlen=_REMEMBERED_MAX)
        self._manage(messages.SIGN_ON, "sign-on")
        now = time.perf_counter()
        self.schedule = Schedule(options.iso_rate, now)
        time.sleep(self.schedule.intended - now)

    def on_stop(self) -> None:
        """Sign off and close."""
        self._manage(messages.SIGN_OFF, "sign-off")
        self.client.close()

    def wait_time(self) -> float:
        """Seconds until the schedule's next moment."""
        return self.schedule.advance(time.perf_counter())

    @task
    def send_next(self) -> None:
        """One message: the reversal of what nobody answered, else one drawn from the mix."""
        if self.unanswered:
            self._take_back_unanswered()
            return
        names = list(self.mix)
        name = random.choices(names, [self.mix[name] for name in names])[0]
        getattr(self, f"send_{name}")()

    def send_purchase(self) -> None:
        """A purchase that must be approved."""
        fields = self._purchase(random.randint(*_AMOUNT_MINOR))
        exchange = self._measured(fields, "purchase", {"00"})
        if exchange is None:
            self.unanswered.append(fields)
            return
        code = exchange.reply.get("38")
        self.approved.append(Approved(fields, exchange.reply_body, code))

    def send_repeat(self) -> None:
        """A purchase of before, sent again: the same answer, byte for byte."""
        if not self.approved:
            self.send_purchase()
            return
        original = self.approved[-1]
        self._measured(
            messages.repeat(original.fields), "repeat", {"00"}, same_as=original.reply_body
        )

    def send_reversal(self) -> None:
        """A purchase of before, taken back wholly."""
        if not self.approved:
            self.send_purchase()
            return
        original = self.approved.popleft()
        code = original.authorization_code
        fields = messages.reversal(original.fields, authorization_code=code)
        self._measured(fields, "reversal", {"00"})

    def send_completion(self) -> None:
        """A purchase of before, completed for half of it."""
        if not self.approved:
            self.send_purchase()
            return
        original = self.approved.popleft()
        amount_minor = int(original.fields["4"]) // 2
        fields = messages.advice(
            original.fields, amount_minor, authorization_code=original.authorization_code
        )
        self._measured(fields, "completion", {"00"})

    def send_inquiry(self) -> None:
        """A balance inquiry at a cash machine."""
        chosen = random.choice(self.cards)
        self._measured(messages.balance_inquiry(chosen.card, chosen.currency), "inquiry", {"00"})

    def send_echo(self) -> None:
        """An echo test."""
        self._measured(messages.network_management(messages.ECHO), "echo", {"00"})

    def send_unknown_card(self) -> None:
        """A card that nobody has: declined, as no such card or no such issuer."""
        fields = messages.purchase(unknown_card(), random.randint(*_AMOUNT_MINOR), "978")
        self._measured(fields, "unknown card", {"14", "15"})

    def send_too_much(self) -> None:
        """An amount that nobody has: declined for want of money, or over a limit."""
        self._measured(self._purchase(_TOO_MUCH_MINOR), "too much", {"51", "61"})

    def send_malformed(self) -> None:
        """A purchase without an amount: a format error."""
        fields = self._purchase(random.randint(*_AMOUNT_MINOR))
        del fields["4"]
        self._measured(fields, "malformed", {"30"})

    def _take_back_unanswered(self) -> None:
        """What a network does about a purchase without an answer, until that is answered."""
        fields = messages.reversal(self.unanswered[0], reason=messages.REASON_NO_CONFIRMATION)
        if self._measured(fields, "reversal after silence", {"00"}) is not None:
            self.unanswered.popleft()

    def _purchase(self, amount_minor: int) -> Fields:
        chosen = random.choice(self.cards)
        entry = random.choices(list(ENTRY_MIX), list(ENTRY_MIX.values()))[0]
        merchant = messages.WEB_SHOP if entry == "ecommerce" else messages.BOOKSHOP
        return messages.purchase(
            chosen.card, amount_minor, chosen.currency, entry=entry, merchant=merchant
        )

    def _manage(self, code: str, name: str) -> None:
        """Network management outside the schedule."""
        fields = messages.network_management(code)
        self._measured(fields, name, {"00"}, intended=time.perf_counter())

    def _measured(
        self,
        fields: Fields,
        name: str,
        expected: set[str],
        *,
        same_as: bytes | None = None,
        intended: float | None = None,
    ) -> Exchange | None:
        """Send one message and report it to Locust; None when it failed.

        Its time counts from `intended`, which is the schedule's moment unless given.
        """
        started = self.schedule.intended if intended is None else intended
        wall_time = time.time()
        error: Exception | None = None
        exchange: Exchange | None = None
        try:
            exchange = self.client.request(fields)
            _check(exchange, expected, same_as)
        except (CbsError, OSError) as failure:
            error = failure
            if exchange is None:
                self.client.close()
        elapsed_s = time.perf_counter() - started
        self.environment.events.request.fire(
            request_type="ISO8583",
            name=f"{fields['mti']} {name}",
            start_time=wall_time,
            response_time=elapsed_s * 1000,
            response_length=0 if exchange is None else len(exchange.reply_body),
            exception=error,
            context={},
        )
        return exchange if error is None else None


def _check(exchange: Exchange, expected: set[str], same_as: bytes | None) -> None:
    """Raise `UnexpectedReplyError` unless the reply answers the request as it should."""
    code = exchange.response_code
    if code not in expected:
        wanted = " or ".join(sorted(expected))
        raise UnexpectedReplyError(f"expected {wanted}, got {response_code_text(code)}")
    echoed = ("2", "3", "4", "7", "11", "32", "37", "41", "42", "49", "70")
    for field in echoed:
        if field in exchange.request and exchange.reply.get(field) != exchange.request[field]:
            raise UnexpectedReplyError(f"the reply does not echo field {field}")
    if same_as is not None and same_as != exchange.reply_body:
        raise UnexpectedReplyError("the repeat got another answer than the original")


def users_at(day_hours: float, users_peak: int) -> int:
    """Users at a moment of the synthetic day, between the hours in a straight line.

    The peak minute lies in the middle of the lunch hour and has `users_peak` users.
    """
    hour = int(day_hours) % 24
    share = day_hours % 1.0
    weight = HOUR_WEIGHTS[hour] * (1 - share) + HOUR_WEIGHTS[(hour + 1) % 24] * share
    scale = HOUR_WEIGHTS[PEAK_HOUR] * PEAK_MINUTE_FACTOR
    if hour == PEAK_HOUR and abs(share - 0.5) <= 1 / 120:
        weight = scale
    return max(1, round(users_peak * weight / scale))


class LunchHour(LoadTestShape):
    """A day with its lunch peak, midnight to midnight; on with CBS_LOADTEST_SHAPE=lunch."""

    abstract = os.environ.get("CBS_LOADTEST_SHAPE") != "lunch"

    minutes_per_hour = float(os.environ.get("CBS_LOADTEST_MINUTES_PER_HOUR", "0.5"))
    users_peak = int(os.environ.get("CBS_LOADTEST_USERS_PEAK", "100"))

    def tick(self) -> tuple[int, float] | None:
        """Users now and how fast to get there; None at the end of the day."""
        hours = float(self.get_run_time()) / 60 / self.minutes_per_hour
        if hours >= 24:
            return None
        users = users_at(hours, self.users_peak)
        return users, max(1.0, abs(users - self.get_current_user_count()))


@events.init.add_listener
def refuse_bad_options(environment: Environment, **_: Any) -> None:
    """End at once, not in every user, when the options cannot be used."""
    options = environment.parsed_options
    if options is None:
        return
    try:
        cards_of(options.iso_cards)
        mix_of(options.iso_mix)
        Codec.load(options.iso_specification)
        Framer("vmlh", header=options.iso_header or None)
        endpoint_of(options.host or DEFAULT_HOST)
        if not (0 < options.iso_rate < math.inf and 0 < options.iso_timeout < math.inf):
            raise ValueError("the rate and the timeout have to be above zero")
    except (CbsError, OSError, ValueError) as error:
        # Locust logs whatever else a listener raises, and goes on.
        raise SystemExit(f"these options cannot be used: {error}") from error

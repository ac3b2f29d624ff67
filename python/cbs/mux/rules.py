"""How a `Mux` behaves, and what it tells whoever uses it."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from cbs.codec import Message
from cbs.mux.backoff import RETRY_DELAY_S, RETRY_DELAY_S_MAX
from cbs.mux.matcher import MatchRules
from cbs.mux.session import SessionRules

Fields = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class MuxRules:
    """Times are seconds."""

    session: SessionRules = field(default_factory=SessionRules)
    match: MatchRules = field(default_factory=MatchRules)
    signs_on: bool = True
    """Whether this side signs on, sends echo tests and signs off; else it only answers them."""
    request_timeout_s: float = 5.0
    connect_timeout_s: float = 5.0
    tick_s: float = 0.25
    """How often it is looked whether an echo test is due."""
    retry_delay_s: float = RETRY_DELAY_S
    retry_delay_s_max: float = RETRY_DELAY_S_MAX
    reversal_attempts_max: int = 10
    reversals_max: int = 1024
    """Reversals that may wait for their turn."""


class Event(enum.Enum):
    """What a `Mux` reports."""

    LINK_UP = "link_up"
    """Requests may be sent: connected, and signed on where the rules say so."""
    LINK_DOWN = "link_down"
    """The link ended, or could not be made; it is tried again."""
    LATE_REPLY = "late_reply"
    """To a request that was given up."""
    DUPLICATE_REPLY = "duplicate_reply"
    AMBIGUOUS_REPLY = "ambiguous_reply"
    """To one of several requests, and nothing says which."""
    UNKNOWN_REPLY = "unknown_reply"
    UNREADABLE = "unreadable"
    """A frame that is no message; the link stays."""
    UNANSWERED_REQUEST = "unanswered_request"
    """The peer asked what nobody here answers."""
    REVERSED = "reversed"
    """A request that was given up is taken back: the peer has answered its reversal."""
    REVERSAL_LOST = "reversal_lost"
    """A reversal was not answered in as many attempts as there may be, or found no room."""


@dataclass(frozen=True, slots=True)
class Report:
    """Something that happened beside the requests and their replies."""

    event: Event
    text: str
    """For a log: message type, trace number and reason, no card data."""
    message: Message | None = None
    """What arrived."""
    request: Message | None = None
    """What it belongs to."""


def management_fields(code: str, stan: int) -> dict[str, Any]:
    """An 0800 as most dialects of 1987 have it: time, trace number, code."""
    transmitted = datetime.now(UTC).strftime("%m%d%H%M%S")
    return {"mti": "0800", "7": transmitted, "11": f"{stan:06d}", "70": code}


@dataclass(frozen=True, slots=True)
class Hooks:
    """What the user of a `Mux` adds. They are called in the event loop and must not block it."""

    report: Callable[[Report], None] = lambda _report: None
    reversal: Callable[[Message], Fields | None] = lambda _request: None
    """The reversal of a request whose outcome is not known; None where there is none to send.

    It is sent, and sent again as a repeat, until it is answered, over as many links as it takes.
    """
    answer: Callable[[Message], Fields | None] = lambda _request: None
    """The answer to a request of the peer's that is no network management."""
    management: Callable[[str, int], Fields] = management_fields
    """An 0800 of a code (DE70) and a trace number."""

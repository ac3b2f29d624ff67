"""State of one link as a network sees it: sign-on, sign-off, echo. No I/O and no clock.

The caller passes the time in and carries out the actions that come back, so every rule here can
be tested without a socket. Only requests are answered, never responses: two hosts that answered
each other's answers would never stop.
"""

from __future__ import annotations

from dataclasses import dataclass

APPROVED = "00"
STAN_MAX = 999_999


@dataclass(frozen=True, slots=True)
class SessionRules:
    """How the two ends of a link tell each other that they are there."""

    require_sign_on: bool = False
    """Whether requests before a sign-on are left unanswered."""
    sign_on_code: str = "001"
    """DE70, as the two below."""
    sign_off_code: str = "002"
    echo_codes: tuple[str, ...] = ("301",)
    """The first is the one that this side sends."""
    unknown_code_response_code: str = "12"
    echo_interval_s: float = 30
    """Without traffic for so long, this side sends an echo test."""
    echo_missed_max: int = 3
    """So many requests in a row without an answer end the link."""


@dataclass(frozen=True, slots=True)
class Originate:
    """Send a network-management request of ours."""

    code: str
    """DE70: what is asked for."""
    stan: int
    """DE11: what its response will be recognised by."""


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Close the link; whoever connected it may try again."""

    reason: str


Action = Originate | GiveUp


@dataclass(slots=True)
class _Outstanding:
    code: str
    sent_at: float


class LinkSession:
    """One link's state. Times are seconds of any clock that only moves forward."""

    def __init__(
        self,
        rules: SessionRules,
        *,
        originates: bool,
        response_timeout_s: float = 5.0,
    ) -> None:
        """`originates`: this side connected, so it signs on and sends echoes when idle.

        The side that listens leaves both to its peer. A listening link counts as signed on until
        its peer signs off, unless the rules require a sign-on: networks may send their first
        purchase without any.
        """
        self._rules = rules
        self._originates = originates
        self._response_timeout_s = response_timeout_s
        self._outstanding: dict[int, _Outstanding] = {}
        self._stan = 0
        self._missed = 0
        self._heard_at = 0.0
        self.signed_on = not originates and not rules.require_sign_on
        self.ever_signed_on = self.signed_on

    @property
    def may_request(self) -> bool:
        """Whether requests for decisions are to be answered now."""
        return self.signed_on or not self._rules.require_sign_on

    def connected(self, now: float) -> list[Action]:
        """What to do first on a new link."""
        self._heard_at = now
        return [self._originate(self._rules.sign_on_code, now)] if self._originates else []

    def heard(self, now: float) -> None:
        """Something arrived: the peer is alive, so no echo is due for an interval."""
        self._heard_at = now

    def answer(self, code: str | None) -> str:
        """The response code for a network-management request, and its effect on this link."""
        rules = self._rules
        if code == rules.sign_on_code:
            self.signed_on = self.ever_signed_on = True
        elif code == rules.sign_off_code:
            self.signed_on = False
        elif code not in rules.echo_codes:
            return rules.unknown_code_response_code
        return APPROVED

    def awaits(self, stan: int) -> bool:
        """Whether a request of this side with that trace number awaits its response."""
        return stan in self._outstanding

    def response(self, stan: int, response_code: str) -> list[Action]:
        """A network-management response arrived. Unsolicited ones change nothing."""
        request = self._outstanding.pop(stan, None)
        if request is None:
            return []
        self._missed = 0
        if request.code == self._rules.sign_on_code:
            if response_code != APPROVED:
                return [GiveUp(f"sign-on refused with response code {response_code}")]
            self.signed_on = self.ever_signed_on = True
        return []

    def tick(self, now: float) -> list[Action]:
        """What is due at `now`: a request again, an echo, or the end of the link."""
        if not self._originates:
            return []
        overdue = self._drop_overdue(now)
        if self._missed >= self._rules.echo_missed_max:
            return [GiveUp(f"{self._missed} requests in a row were not answered")]
        if not self.signed_on:
            return [self._originate(self._rules.sign_on_code, now)] if overdue else []
        idle_s = now - self._heard_at
        if not self._outstanding and (overdue or idle_s >= self._rules.echo_interval_s):
            return [self._originate(self._rules.echo_codes[0], now)]
        return []

    def sign_off(self, now: float) -> list[Action]:
        """What to send before a planned end of the link."""
        if not self._originates or not self.signed_on:
            return []
        self.signed_on = False
        return [self._originate(self._rules.sign_off_code, now)]

    def _originate(self, code: str, now: float) -> Originate:
        self._stan = self._stan % STAN_MAX + 1
        self._outstanding[self._stan] = _Outstanding(code, now)
        return Originate(code, self._stan)

    def _drop_overdue(self, now: float) -> bool:
        overdue = [
            stan
            for stan, request in self._outstanding.items()
            if now - request.sent_at >= self._response_timeout_s
        ]
        for stan in overdue:
            del self._outstanding[stan]
        self._missed += len(overdue)
        return bool(overdue)

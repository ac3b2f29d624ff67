"""The desk: takes requests in, hands them to lanes, and gives each its one answer or silence."""

from __future__ import annotations

from typing import Protocol

from cbs._native import Frame, Profile, Request
from cbs.database.procedures import Outcome
from cbs.errors import CodecError
from cbs.link.deadlines import Deadlines
from cbs.link.limits import Limits
from cbs.link.pending import Pending, ReplyLink
from cbs.link.rules import LinkRules
from cbs.telemetry import Telemetry

MALFUNCTION = "96"


class Router(Protocol):
    """What the desk needs of the lanes."""

    def submit(self, pending: Pending) -> bool:
        """Queue a request in its lane; False when that lane is full."""


class AuthorizationDesk:
    """Between links and lanes. All methods run in the event loop and none waits."""

    def __init__(
        self,
        profile: Profile,
        rules: LinkRules,
        *,
        limits: Limits,
        telemetry: Telemetry,
    ) -> None:
        """`attach` must follow before the first request."""
        self._profile = profile
        self._telemetry = telemetry
        self._rules = rules
        self._deadline_s = rules.answer_within_s(limits.answer_margin_ms)
        self._deadlines: Deadlines
        self._router: Router

    def attach(self, *, router: Router, deadlines: Deadlines) -> None:
        """The lanes and deadlines, which need the desk before it can know them."""
        self._router = router
        self._deadlines = deadlines

    def receive(self, link: ReplyLink, frame: Frame, request: Request, now: float) -> None:
        """A request that wants a decision arrived over `link` at loop time `now`."""
        pending = Pending(link, frame, request, received_at=now, deadline=now + self._deadline_s)
        self._deadlines.watch(pending)
        if not self._router.submit(pending):
            self._telemetry.shed += 1
            self._refuse(pending)

    def answer(self, pending: Pending, outcome: Outcome, now: float) -> None:
        """Send the outcome that came at `now`, unless the request is closed: it was too late."""
        if not pending.close():
            return
        link = pending.link
        if not link.is_open:
            self._telemetry.unsent += 1
            return
        try:
            body = self._profile.reply(
                pending.request,
                outcome.response_code,
                authorization_code=outcome.authorization_code,
                amount_minor=outcome.amount_minor,
                billing_amount_minor=outcome.billing_amount_minor,
                billing_currency=outcome.billing_currency,
                additional_amounts=outcome.additional_amounts,
            )
        except CodecError as error:
            self._telemetry.unsent += 1
            self._telemetry.warning(
                "reply_failed", message_type=pending.request.message_type, path=error.path
            )
            return
        link.send_decision(pending, body)
        self._telemetry.answered[outcome.response_code] += 1
        self._telemetry.latency.add(now - pending.received_at)

    def batch_answered(self) -> None:
        """A lane handed in a batch; let go of what needs no deadline any more."""
        self._deadlines.forget_answered()

    def fail(self, pending: Pending, reason: str) -> None:
        """The database refuses this one record, and nothing was booked for it."""
        self._telemetry.refused(pending.request.message_type, reason)
        if pending.close() and not pending.request.is_advice:
            self._reply(pending, MALFUNCTION)

    def expire(self, pending: Pending) -> None:
        """The request's deadline passed."""
        self._telemetry.late += 1
        self._refuse(pending)

    def abandon(self, pending: Pending) -> None:
        """The request's link is gone and it is not decided: nobody is there to be told."""
        self._telemetry.abandoned += 1
        pending.close()

    def _refuse(self, pending: Pending) -> None:
        """An advice is never refused: unanswered, the network sends it again."""
        if not pending.close():
            return
        if self._rules.declines_late_requests and not pending.request.is_advice:
            self._reply(pending, self._rules.deadline_response_code)

    def _reply(self, pending: Pending, response_code: str) -> None:
        if pending.link.is_open:
            body = self._profile.reply(pending.request, response_code)
            pending.link.send_reply(pending.frame, body)
            self._telemetry.answered[response_code] += 1

"""One request on its way from a link to its answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from cbs._native import RECORD_COLUMNS

if TYPE_CHECKING:
    from cbs._native import Frame, Request

Identity = tuple[str, bytes, bytes]
"""Network, card token and identity key: what the operation log knows a request by."""

Group = int | bytes
"""The account, where the directory knows it, else the card token: what one row lock holds up."""

_NETWORK = RECORD_COLUMNS.index("network")
_CARD_TOKEN = RECORD_COLUMNS.index("card_token")
_IDENTITY_KEY = RECORD_COLUMNS.index("identity_key")
_TRACE_ID = RECORD_COLUMNS.index("trace_id")


class ReplyLink(Protocol):
    """What the rest of the server needs of a link."""

    @property
    def is_open(self) -> bool:
        """Whether a reply written now can still leave."""

    def send_reply(self, frame: Frame, body: bytes) -> None:
        """Send a reply that reports no decision, to the request that came in `frame`."""

    def send_decision(self, pending: Pending, body: bytes) -> None:
        """Send the reply that reports a decision; sets `pending.is_decision_sent` if it left."""

    def finished(self) -> None:
        """One request of this link no longer awaits an answer."""


class Pending:
    """A request that awaits its decision.

    It is open until it got its one answer or its silence; after that nothing is sent for it.
    """

    __slots__ = (
        "deadline",
        "frame",
        "group",
        "is_decision_sent",
        "is_open",
        "is_outcome_unknown",
        "link",
        "received_at",
        "request",
        "token",
        "unlisted",
    )

    def __init__(
        self,
        link: ReplyLink,
        frame: Frame,
        request: Request,
        *,
        received_at: float,
        deadline: float,
    ) -> None:
        """`received_at` and `deadline` are seconds of the event loop's clock."""
        self.link = link
        self.frame = frame
        self.request = request
        self.token = request.card_token
        self.group: Group = request.card_token or 0
        """Requests of one group are decided in the order in which they came."""
        self.received_at = received_at
        self.deadline = deadline
        self.is_open = True
        self.is_decision_sent = False
        """Whether the reply that reports its decision was handed to an open socket."""
        self.is_outcome_unknown = False
        """Whether a call with it was lost, so that it may be decided already."""
        self.unlisted = False
        """Whether its card was unknown to the directory when it was routed."""

    @property
    def identity(self) -> Identity:
        """What a later copy of this request shares with it."""
        record = self.request.record
        return record[_NETWORK], record[_CARD_TOKEN], record[_IDENTITY_KEY]

    @property
    def trace_id(self) -> bytes:
        """What no other message has, not even a copy of this one."""
        trace_id: bytes = self.request.record[_TRACE_ID]
        return trace_id

    @property
    def may_hold_money(self) -> bool:
        """Whether its approval takes money: an authorization or financial request."""
        return (
            self.token is not None
            and not self.request.is_advice
            and self.request.message_type[1] in "12"
        )

    def close(self) -> bool:
        """Take the right to answer, once. False: it was taken before."""
        if not self.is_open:
            return False
        self.is_open = False
        self.link.finished()
        return True

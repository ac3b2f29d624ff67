"""Approvals that committed but never left: which they are, until the database voids them.

The rule is that an approval nobody was told about must not hold money, and that an approval
somebody was told about must never be taken back. A void names the very message that went
unanswered, so an approval that another copy got stays, whatever the copies call themselves. Where
both could be true the hold stays: an advice, a reversal, the clearing or its expiry will settle it.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from itertools import islice

from cbs.database.procedures import Outcome
from cbs.link.pending import Group, Pending


class UnsentApprovals:
    """An ordered set of requests whose approvals are to be voided."""

    def __init__(self) -> None:
        """Start empty."""
        self._waiting: dict[Pending, None] = {}

    def __contains__(self, pending: Pending) -> bool:
        """Whether this request waits to be voided."""
        return pending in self._waiting

    def first(self, count: int, *, besides: Container[Group] = ()) -> list[Pending]:
        """The oldest `count` of them that are not of a group in `besides`."""
        ready = (pending for pending in self._waiting if pending.group not in besides)
        return list(islice(ready, count))

    def discard(self, voided: Iterable[Pending]) -> None:
        """The database voided these."""
        for pending in voided:
            self._waiting.pop(pending, None)

    def add_unknown(self, pending: Pending) -> None:
        """A request that may have been approved by a call whose result was lost."""
        if pending.may_hold_money:
            self._waiting[pending] = None

    def add_from_batch(self, batch: Sequence[Pending], outcomes: Sequence[Outcome]) -> None:
        """Pick the unsent approvals of a decided batch, after its answers were written.

        A replay is the answer to an earlier copy; only where an earlier call with this very request
        was lost may that copy be the request itself. What any copy was answered is left alone.
        """
        if all(pending.is_decision_sent for pending in batch):
            return
        answered = {pending.identity for pending in batch if pending.is_decision_sent}
        for pending, outcome in zip(batch, outcomes, strict=True):
            if pending.is_decision_sent or outcome.authorization_code is None:
                continue
            is_own = not outcome.is_replay or pending.is_outcome_unknown
            if is_own and pending.identity not in answered:
                self.add_unknown(pending)

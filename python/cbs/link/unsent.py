"""Approvals that committed but never left: which they are, until the database voids them.

The rule is that an approval nobody was told about must not hold money, and that an approval
somebody was told about must never be taken back. Where both could be true the hold stays: an
advice, a reversal, the clearing or its expiry will settle it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice

from cbs.database.procedures import Outcome
from cbs.link.pending import Identity, Pending


class UnsentApprovals:
    """An ordered set of identities whose approvals are to be voided."""

    def __init__(self) -> None:
        """Start empty."""
        self._identities: dict[Identity, None] = {}

    def __len__(self) -> int:
        """How many wait to be voided."""
        return len(self._identities)

    def first(self, count: int) -> list[Identity]:
        """The oldest `count` of them."""
        return list(islice(self._identities, count))

    def discard(self, identities: Iterable[Identity]) -> None:
        """The database voided these."""
        for identity in identities:
            self._identities.pop(identity, None)

    def add_unknown(self, pending: Pending) -> None:
        """A request that may have been approved by a call whose result was lost.

        A repeat is left alone: its original may have been approved and answered long before.
        """
        if pending.may_hold_money and not pending.is_repeat:
            self._identities[pending.identity] = None

    def add_from_batch(
        self, batch: Sequence[Pending], outcomes: Sequence[Outcome], *, is_certain: bool
    ) -> None:
        """Pick the unsent approvals of a decided batch, after its answers were written.

        A replay is the answer to an earlier copy that may have left, so it proves nothing;
        unless the batch was sent twice (`is_certain` false), when the earlier copy may have been
        this very request. An identity of which any copy was answered is left alone.
        """
        if all(pending.is_decision_sent for pending in batch):
            return
        answered = {pending.identity for pending in batch if pending.is_decision_sent}
        for pending, outcome in zip(batch, outcomes, strict=True):
            is_approval = outcome.authorization_code is not None and pending.may_hold_money
            if pending.is_decision_sent or not is_approval or pending.identity in answered:
                continue
            if not outcome.is_replay:
                self._identities[pending.identity] = None
            elif not is_certain:
                self.add_unknown(pending)

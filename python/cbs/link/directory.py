"""Which lane a card's requests travel in.

Requests of one account must not overtake each other and must not wait for each other's row locks
on two connections, so all cards of one account share a lane. The directory only chooses a lane:
a wrong or missing entry costs time, never money, because the procedure locks accounts itself.
"""

from __future__ import annotations

from collections.abc import Iterable

from cbs.link.pending import Pending


class CardDirectory:
    """Card token to lane, through the account where it is known and the token where not."""

    def __init__(self, lane_count: int, *, size_max: int) -> None:
        """`size_max` bounds how many cards are remembered."""
        self._lane_count = lane_count
        self._size_max = size_max
        self._accounts: dict[bytes, int] = {}
        self._unlisted_in_flight: dict[bytes, int] = {}
        self._learned: dict[bytes, int] = {}

    def __len__(self) -> int:
        """Cards whose account is known."""
        return len(self._accounts)

    def load(self, page: Iterable[tuple[bytes, int]]) -> None:
        """Remember (card token, account id) pairs. Call before any request is routed."""
        for token, account_id in page:
            self._accounts[token] = account_id

    def route(self, pending: Pending) -> int:
        """The lane of a request, which is told its account where that is known.

        `release` must follow when the lane is done with it.
        """
        token = pending.token
        if token is None:
            return 0
        account_id = self._accounts.get(token)
        if account_id is not None:
            pending.group = account_id
            return account_id % self._lane_count
        pending.unlisted = True
        self._unlisted_in_flight[token] = self._unlisted_in_flight.get(token, 0) + 1
        # The first byte of a keyed hash is as good as any hash of it.
        return token[0] % self._lane_count

    def learn(self, pending: Pending, account_id: int) -> None:
        """An outcome named the account of a request's card; account 0 is nobody's."""
        if pending.unlisted and pending.token is not None and account_id > 0:
            self._learned[pending.token] = account_id

    def release(self, pending: Pending) -> None:
        """A lane is done with a request.

        What was learned about a card counts only when none of its requests is under way any more:
        moving it to another lane earlier would let a later request overtake an earlier one.
        """
        token = pending.token
        if not pending.unlisted or token is None:
            return
        pending.unlisted = False
        remaining = self._unlisted_in_flight[token] - 1
        if remaining:
            self._unlisted_in_flight[token] = remaining
            return
        del self._unlisted_in_flight[token]
        account_id = self._learned.pop(token, None)
        if account_id is not None and len(self._accounts) < self._size_max:
            self._accounts[token] = account_id

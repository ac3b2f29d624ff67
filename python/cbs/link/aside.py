"""Requests of accounts whose rows another session has locked, put aside until they are free.

A call waits for a locked row with its whole batch. So what asks for such an account leaves the
lane's way, and the lane tries one of these accounts at a time, alone and with a pause.
"""

from __future__ import annotations

from collections.abc import Iterable

from cbs.link.pending import Group, Pending


class LockedAccounts:
    """Locked accounts, the one tried longest ago first, each with its requests in order."""

    def __init__(self, *, retry_delay_s: float) -> None:
        """`retry_delay_s`: pause after a call found that an account is locked."""
        self._retry_delay_s = retry_delay_s
        self._waiting: dict[Group, list[Pending]] = {}
        self._count = 0
        self.retry_at = 0.0
        """When the first may be tried again."""

    def __len__(self) -> int:
        """Requests that wait."""
        return self._count

    def __bool__(self) -> bool:
        """Whether any account counts as locked."""
        return bool(self._waiting)

    def __contains__(self, group: object) -> bool:
        """Whether requests of `group` are to wait."""
        return group in self._waiting

    def found_locked(self, group: Group, now: float) -> None:
        """A call at `now` failed because of this account."""
        self._waiting.setdefault(group, [])
        self.retry_at = now + self._retry_delay_s

    def put(self, waiting: Iterable[Pending]) -> None:
        """Append requests, each of a group that counts as locked."""
        for pending in waiting:
            self._waiting[pending.group].append(pending)
            self._count += 1

    def is_due(self, now: float) -> bool:
        """Whether an account is to be tried now."""
        return bool(self._waiting) and now >= self.retry_at

    def take_first(self) -> list[Pending]:
        """The requests of the account to try, which no longer counts as locked."""
        waiting = self._waiting.pop(next(iter(self._waiting)))
        self._count -= len(waiting)
        return waiting

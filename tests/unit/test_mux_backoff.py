"""Delays between attempts to connect."""

from __future__ import annotations

from cbs.mux.backoff import Backoff


def test_delays_double_up_to_their_bound_and_are_shortened_by_chance() -> None:
    backoff = Backoff(1.0, 5.0)
    delays = [backoff.next_s() for _ in range(6)]
    for delay_s, full_s in zip(delays, [1.0, 2.0, 4.0, 5.0, 5.0, 5.0], strict=True):
        assert full_s / 2 <= delay_s <= full_s
    # Nobody draws the same number by chance three times.
    assert len(set(delays[3:])) > 1


def test_a_link_that_was_up_is_tried_again_at_once() -> None:
    backoff = Backoff(1.0, 60.0)
    for _ in range(5):
        backoff.next_s()
    backoff.reset()
    assert backoff.next_s() <= 1.0

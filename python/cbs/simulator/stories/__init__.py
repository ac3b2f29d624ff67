"""Stories that run end to end against a host: one file each, in the order they are told.

A story gives back what it held, so that it can be told again to the same host.
"""

from __future__ import annotations

from typing import Final

from cbs.simulator.scene import Story
from cbs.simulator.stories import (
    cut_cable,
    flight_tickets,
    fuel,
    partial_approval,
    web_purchase,
)

STORIES: Final[tuple[Story, ...]] = (
    web_purchase.STORY,
    flight_tickets.STORY,
    fuel.STORY,
    cut_cable.STORY,
    partial_approval.STORY,
)


def story_named(name: str) -> Story:
    """The story of this name. Raises `KeyError`."""
    return {story.name: story for story in STORIES}[name]

"""How links of one network behave, as its profile's `[link]` table says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cbs.mux.session import SessionRules


@dataclass(frozen=True, slots=True)
class LinkRules(SessionRules):
    """The `[link]` table with types. The profile has checked the values."""

    framing: str = "vmlh"
    header: str | None = "auto"
    frame_length_max: int = 2048
    in_flight_max: int = 256
    """Requests of one link that may await their answer before its socket is no longer read."""
    deadline_ms: int = 4000
    declines_late_requests: bool = True
    """Whether a request at its deadline is answered; else it is left silent."""
    deadline_response_code: str = "91"

    @classmethod
    def from_table(cls, table: Mapping[str, Any]) -> LinkRules:
        """Of `Profile.link`, where "none" became None."""
        values = dict(table)
        return cls(
            framing=values.pop("framing") or "none",
            declines_late_requests=values.pop("on_deadline") == "decline",
            echo_codes=tuple(values.pop("echo_codes")),
            **values,
        )

    def answer_within_s(self, margin_ms: int) -> float:
        """How long a request may wait, so that even its refusal arrives inside the deadline."""
        return (self.deadline_ms - min(margin_ms, self.deadline_ms // 10)) / 1000

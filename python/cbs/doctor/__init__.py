"""What a dump of unknown origin is: its dialect, its framing, and how sure that is."""

from __future__ import annotations

from cbs.doctor.diagnosis import Candidate, Diagnosis, Fault, diagnose
from cbs.doctor.evidence import Evidence
from cbs.doctor.foreign import is_certain, what_else

__all__ = ["Candidate", "Diagnosis", "Evidence", "Fault", "diagnose", "what_else_for_certain"]


def what_else_for_certain(octets: bytes) -> str | None:
    """What the bytes are if their first ones are those of another format for certain."""
    return what_else(octets) if octets and is_certain(octets) else None

"""What a dump of unknown origin is: its dialect, its framing, and how sure that is."""

from __future__ import annotations

from cbs.doctor.diagnosis import Candidate, Diagnosis, Fault, diagnose
from cbs.doctor.evidence import Evidence

__all__ = ["Candidate", "Diagnosis", "Evidence", "Fault", "diagnose"]

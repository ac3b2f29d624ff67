"""ISO 8583 conversations out of packet captures."""

from __future__ import annotations

from cbs.capture.conversations import Conversation, Dissector, Event
from cbs.capture.cutting import Choice, Cut
from cbs.capture.detection import Detector
from cbs.capture.files import CaptureFile, Packet
from cbs.capture.packets import Endpoint, SegmentReader
from cbs.capture.summary import Summary

__all__ = [
    "CaptureFile",
    "Choice",
    "Conversation",
    "Cut",
    "Detector",
    "Dissector",
    "Endpoint",
    "Event",
    "Packet",
    "SegmentReader",
    "Summary",
]

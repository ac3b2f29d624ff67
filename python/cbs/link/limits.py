"""The bounds of one server on links and queues; those of a network are in its profile."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one server. The defaults suit a handful of busy network links."""

    links_max: int = 1024
    """Links that may be open at once; a further one is closed as soon as it connects."""

    lane_queue_max: int = 16_384
    """Requests that may queue in one lane; a further one is treated as if its deadline passed."""

    batch_size_max: int = 256
    """Records that one call of the procedure may carry."""

    frame_timeout_s: float = 2.0
    """A frame must be complete this long after its first byte, or its link is closed."""

    housekeeping_interval_s: float = 0.25
    """How often links are looked at for stalled frames and due echoes."""

    write_buffer_bytes_max: int = 1 << 20
    """Replies that a peer does not read pile up to here; then its requests are not read either."""

    answer_margin_ms: int = 100
    """A refusal at the deadline is sent this much before it, so that it arrives inside it."""

    unacknowledged_timeout_ms: int = 20_000
    """Sent bytes that the peer's kernel does not acknowledge for this long end the link."""

    directory_size_max: int = 5_000_000
    """Cards that the directory remembers; further ones are routed by their token alone."""

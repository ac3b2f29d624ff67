"""How talking to a host fails. No text of these ever holds card data."""

from __future__ import annotations

from cbs.errors import CbsError


class ClientError(CbsError):
    """Talking to the host failed; the text says how and names the address."""


class HostUnreachableError(ClientError):
    """Nothing answers at the host's address, or what answers is not who it should be."""


class ReplyTimeoutError(ClientError):
    """No reply came within the time given."""


class LinkClosedError(ClientError):
    """The host closed the link, or sent what cannot be framed."""

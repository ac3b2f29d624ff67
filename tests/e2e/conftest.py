"""Fixtures of the end-to-end tests: a demo database, real servers over it, a client."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from tests.e2e.client import NetworkClient
from tests.e2e.host import Host

from cbs.codec import Codec
from cbs.database.portfolio import load_demo
from cbs.network import TokenKey

KEY = bytes(range(32))

StartHost = Callable[..., Host]
Connect = Callable[..., NetworkClient]


def url_of_database(url: str, name: str) -> str:
    """The same server and user, another database."""
    head, _, query = url.partition("?")
    return f"{head.rpartition('/')[0]}/{name}" + (f"?{query}" if query else "")


@pytest.fixture(scope="session")
def codec() -> Codec:
    return Codec.load("visa_like")


@pytest.fixture(scope="session")
def token_key() -> TokenKey:
    return TokenKey(KEY)


@pytest.fixture(scope="session")
def token_key_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("key") / "token.key"
    path.touch(mode=0o600)
    path.write_text(KEY.hex())
    return path


@pytest.fixture(scope="session")
def demo_template(postgres_url: str, template_database: str, token_key: TokenKey) -> Iterator[str]:
    """The name of a migrated database with the demo portfolio, to be cloned."""
    name = f"cbs_demo_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(postgres_url, autocommit=True) as admin:
        _clone(admin, name, template_database)
        load_demo(url_of_database(postgres_url, name), token_key)
        yield name
        _drop(admin, name)


@pytest.fixture
def demo_database_url(postgres_url: str, demo_template: str) -> Iterator[str]:
    """The URL of a database of this test's own, with the demo portfolio."""
    name = f"cbs_e2e_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(postgres_url, autocommit=True) as admin:
        _clone(admin, name, demo_template)
        yield url_of_database(postgres_url, name)
        _drop(admin, name)


@pytest.fixture
def books(demo_database_url: str) -> Iterator[psycopg.Connection]:
    """A look at the server's database."""
    with psycopg.connect(demo_database_url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def start_host(tmp_path: Path, token_key_file: Path) -> Iterator[StartHost]:
    """Start hosts that are stopped at the end, each of which must end in good order."""
    hosts: list[Host] = []

    def start(
        *arguments: str, database_url: str | None, wait: bool = True, **settings: str
    ) -> Host:
        environment = {f"CBS_{name.upper()}": value for name, value in settings.items()}
        environment.setdefault("CBS_TOKEN_KEY_FILE", str(token_key_file))
        if database_url is not None:
            environment["CBS_DATABASE_URL"] = database_url
        host = Host(tmp_path / f"host{len(hosts)}", *arguments, environment=environment)
        hosts.append(host)
        return host.wait_ready() if wait else host

    yield start
    running = [host for host in hosts if host.process.poll() is None]
    exit_codes = [host.stop() for host in running]
    assert exit_codes == [0] * len(running)


@pytest.fixture
def running_server(start_host: StartHost, demo_database_url: str) -> Host:
    """A real `cbs serve` over a database with the demo portfolio."""
    return start_host(database_url=demo_database_url)


@pytest.fixture
def connect(codec: Codec) -> Iterator[Connect]:
    """Open links that are closed at the end."""
    clients: list[NetworkClient] = []

    def open_link(host: Host, *, header: str | None = None) -> NetworkClient:
        clients.append(NetworkClient(codec, host.address, header=header))
        return clients[-1]

    yield open_link
    for client in clients:
        client.socket.close()


@pytest.fixture
def fast_profile(tmp_path: Path) -> Callable[..., str]:
    """Paths of profiles that are like the packaged one but for what the test changes."""
    import cbs.network

    packaged = Path(cbs.network.__file__).parent / "profiles" / "visa_like.toml"

    def write(**changes: object) -> str:
        lines = packaged.read_text().splitlines()
        for name, value in changes.items():
            text = f'"{value}"' if isinstance(value, str) else str(value).lower()
            matching = [place for place, line in enumerate(lines) if line.startswith(f"{name} =")]
            (place,) = matching
            lines[place] = f"{name} = {text}"
        path = tmp_path / f"visa_like_{uuid.uuid4().hex[:8]}.toml"
        path.write_text("\n".join(lines))
        return str(path)

    return write


@pytest.fixture
def open_card(books: psycopg.Connection, token_key: TokenKey) -> Callable[[str, int], int]:
    """Open a euro account with a balance and one card, and get the account's id."""

    def open_one(pan: str, ledger_minor: int) -> int:
        now = datetime.now(UTC)
        row = books.execute(
            "SELECT * FROM cbs_api.open_account_v1(%s, '978', %s, 0)", (now, ledger_minor)
        ).fetchone()
        assert row is not None
        books.execute(
            "SELECT cbs_api.issue_card_v1(%s, %s, %s, 1::smallint, %s, '3112')",
            (now, row[0], token_key.token(pan), f"{pan[:6]}{'*' * 6}{pan[-4:]}"),
        )
        return int(row[0])

    return open_one


def _clone(admin: psycopg.Connection, name: str, template: str) -> None:
    clone = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY")
    admin.execute(clone.format(sql.Identifier(name), sql.Identifier(template)))


def _drop(admin: psycopg.Connection, name: str) -> None:
    admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

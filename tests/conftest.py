"""Fixtures for every test that needs a database: one server a session, one clone a test."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import hypothesis
import psycopg
import pytest
from psycopg import sql

from cbs.database.embedded import EmbeddedServer

hypothesis.settings.register_profile("default", deadline=None)
hypothesis.settings.register_profile("quick", deadline=None, max_examples=10)
hypothesis.settings.register_profile("thorough", deadline=None, max_examples=2000)


def pytest_configure(config: pytest.Config) -> None:
    """Keep the settings of a developer's shell away from the tests, but for those meant for them.

    `CBS_TEST_DATABASE_URL` names an external server, `CBS_TEST_POSTGRES_BIN` other programs.
    """
    for name in [name for name in os.environ if name.startswith(("CBS_", "PG"))]:
        if not name.startswith("CBS_TEST_"):
            del os.environ[name]


@pytest.fixture(scope="session")
def postgres_bin() -> Path | None:
    """The PostgreSQL programs under test; None for those of the wheel."""
    folder = os.environ.get("CBS_TEST_POSTGRES_BIN")
    return Path(folder) if folder else None


@pytest.fixture(scope="session")
def postgres_url(postgres_bin: Path | None) -> Iterator[str]:
    """A superuser's URL of a server for this session alone, or of CBS_TEST_DATABASE_URL."""
    external = os.environ.get("CBS_TEST_DATABASE_URL")
    if external:
        yield external
        return
    with (
        _reachable_folder() as folder,
        EmbeddedServer(folder / "postgres", bin_dir=postgres_bin, durable=False) as server,
    ):
        yield server.url


@pytest.fixture
def server_folder() -> Iterator[Path]:
    """A folder for an embedded server of a test's own."""
    with _reachable_folder() as folder:
        yield folder


@pytest.fixture(scope="session")
def template_database(postgres_url: str) -> Iterator[str]:
    """The name of a migrated, empty database that the others are cloned from."""
    from cbs.database.migrate import migrate

    name = f"cbs_template_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(postgres_url, autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        migrate(url_of(postgres_url, name))
        yield name
        _drop(admin, name)


@pytest.fixture
def database_url(postgres_url: str, template_database: str) -> Iterator[str]:
    """The URL of a database of this test's own: migrated, empty, dropped afterwards."""
    name = f"cbs_test_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(postgres_url, autocommit=True) as admin:
        clone = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY")
        admin.execute(clone.format(sql.Identifier(name), sql.Identifier(template_database)))
        yield url_of(postgres_url, name)
        _drop(admin, name)


@pytest.fixture
def empty_database_url(postgres_url: str) -> Iterator[str]:
    """The URL of a database with nothing in it, for tests of migrations."""
    name = f"cbs_empty_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(postgres_url, autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        yield url_of(postgres_url, name)
        _drop(admin, name)


@pytest.fixture
def connection(database_url: str) -> Iterator[psycopg.Connection]:
    """A synchronous connection in autocommit to this test's database."""
    with psycopg.connect(database_url, autocommit=True) as open_connection:
        yield open_connection


@contextlib.contextmanager
def _reachable_folder() -> Iterator[Path]:
    """A new folder that an unprivileged server can reach.

    pytest's own folders are closed to everybody else, so a server that root starts cannot be there.
    """
    folder = Path(tempfile.mkdtemp(prefix="cbs-test-"))
    try:
        folder.chmod(0o711)
        yield folder
    finally:
        shutil.rmtree(folder)


def url_of(url: str, database: str) -> str:
    """The same server and user as `url`, another database."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}/{database}?{parts.query}"


def _drop(admin: psycopg.Connection, name: str) -> None:
    drop = sql.SQL("DROP DATABASE {} WITH (FORCE)")
    admin.execute(drop.format(sql.Identifier(name)))

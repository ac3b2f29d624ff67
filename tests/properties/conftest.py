"""Banks for the scenarios: each runs on the model and on the SQL."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg import sql
from tests.conftest import url_of
from tests.model.banks import Bank, ModelBank, SqlBank


@pytest.fixture(scope="session")
def shared_connection(
    postgres_url: str, template_database: str
) -> Iterator[psycopg.Connection[Any]]:
    """A connection to one database for all tests here; each of them rolls back what it did."""
    name = f"cbs_shared_{uuid.uuid4().hex[:12]}"
    clone = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY")
    with psycopg.connect(postgres_url, autocommit=True) as admin:
        admin.execute(clone.format(sql.Identifier(name), sql.Identifier(template_database)))
        with psycopg.connect(url_of(postgres_url, name), autocommit=True) as connection:
            yield connection
        admin.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(name)))


@pytest.fixture(params=["model", "sql"])
def bank(request: pytest.FixtureRequest) -> Iterator[Bank]:
    """An issuer without accounts, once as the model and once as the database decides."""
    if request.param == "model":
        yield ModelBank()
        return
    connection = request.getfixturevalue("shared_connection")
    with connection.transaction(force_rollback=True):
        yield SqlBank(connection)

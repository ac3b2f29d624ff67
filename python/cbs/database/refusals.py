"""What a person is told, in one line, where the database refuses."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import psycopg
from psycopg import sql

from cbs.errors import DatabaseError


def one_line(error: BaseException) -> str:
    """The text of a driver's error, which libpq and PostgreSQL spread over several lines."""
    return " ".join(str(error).split())


def quoted(name: str) -> str:
    """A name as a statement needs it."""
    return sql.Identifier(name).as_string()


@contextlib.contextmanager
def rights_of(role: str, connection: psycopg.Connection[Any], task: str) -> Iterator[None]:
    """Name `role` and how to get it where the login of `connection` may not do `task`."""
    login = connection.info.user
    try:
        yield
    except psycopg.errors.InsufficientPrivilege as error:
        raise DatabaseError(
            f"{task} needs the rights of {role}, which {login} has not; "
            f"an administrator runs: GRANT {role} TO {quoted(login)}"
        ) from error

"""The proof that the books agree: balances against the operations they come from."""

from __future__ import annotations

from typing import NamedTuple

import psycopg

from cbs.database.refusals import one_line, rights_of
from cbs.errors import DatabaseError


class Problem(NamedTuple):
    """One thing that does not agree."""

    account_id: int
    text: str


def find_problems(url: str) -> list[Problem]:
    """Everything that `cbs_api.check_v1` finds wrong; empty when the books agree.

    Raises `DatabaseError` when the database cannot be asked.
    """
    try:
        with (
            psycopg.connect(url, autocommit=True) as connection,
            rights_of("cbs_readonly", connection, "checking the books"),
        ):
            rows = connection.execute("SELECT account_id, problem FROM cbs_api.check_v1()")
            return [Problem(*row) for row in rows]
    except (psycopg.errors.UndefinedFunction, psycopg.errors.InvalidSchemaName):
        raise DatabaseError("the database has no tables of ours: cbs migrate") from None
    except psycopg.Error as error:
        raise DatabaseError(f"the database cannot be checked: {one_line(error)}") from error

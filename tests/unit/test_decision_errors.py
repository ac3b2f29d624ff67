"""What the database's errors mean to a lane."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import errors

from cbs.database.decision import (
    CallAgainError,
    ConnectionLostError,
    RecordRefusedError,
    RowsLockedError,
    TooSlowError,
    sorted_error,
)


@pytest.mark.parametrize(
    "error",
    [
        errors.AdminShutdown("terminating connection"),
        errors.CrashShutdown("terminating connection"),
        errors.CannotConnectNow("starting up"),
        errors.TooManyConnections("too many clients"),
        errors.ConnectionFailure("gone"),
        errors.ReadOnlySqlTransaction("cannot execute INSERT"),
        psycopg.OperationalError("server closed the connection unexpectedly"),
        ConnectionResetError(),
    ],
)
def test_the_outcome_of_a_call_on_a_broken_connection_is_unknown(error: Exception) -> None:
    assert isinstance(sorted_error(error, is_broken=False), ConnectionLostError)


@pytest.mark.parametrize(
    "error",
    [
        errors.DeadlockDetected("deadlock"),
        errors.SerializationFailure("serialize"),
    ],
)
def test_what_may_pass_is_tried_again(error: Exception) -> None:
    assert isinstance(sorted_error(error, is_broken=False), CallAgainError)


def test_a_lane_can_tell_a_locked_row_and_a_slow_call_from_what_passes_by_itself() -> None:
    locked = sorted_error(errors.LockNotAvailable("lock timeout"), is_broken=False)
    slow = sorted_error(errors.QueryCanceled("statement timeout"), is_broken=False)
    assert isinstance(locked, RowsLockedError)
    assert isinstance(slow, TooSlowError)


@pytest.mark.parametrize(
    "error",
    [
        errors.InvalidTextRepresentation("invalid input syntax: 4000000000000010"),
        errors.CheckViolation("violates check constraint"),
        errors.RaiseException("a bug"),
        psycopg.DataError("text fields cannot contain NUL"),
        UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates not allowed"),
        OverflowError("too large"),
    ],
)
def test_everything_else_blames_a_record_without_quoting_it(error: Exception) -> None:
    refused = sorted_error(error, is_broken=False)
    assert isinstance(refused, RecordRefusedError)
    assert "4000000000000010" not in str(refused)
    assert refused.reason


def test_any_error_on_a_connection_that_is_closed_leaves_the_outcome_unknown() -> None:
    error = errors.InternalError_("unexpected")
    assert isinstance(sorted_error(error, is_broken=True), ConnectionLostError)

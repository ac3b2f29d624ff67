"""The SQL decides as the model does, whatever is sent, in whatever batches.

The number of lives tried is four times that of the hypothesis profile; for many more, run
`make test-python ARGUMENTS="--hypothesis-profile=thorough tests/properties"`. Shrinking a failure
to a short life takes a few minutes, hence the timeout.
"""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from hypothesis import given, settings
from tests.model.banks import ModelBank, SqlBank
from tests.model.run import Run
from tests.model.scripts import Script, scripts


@pytest.fixture(scope="module")
def sql_bank(shared_connection: psycopg.Connection[Any]) -> SqlBank:
    """The database as a bank; what is done with it is rolled back."""
    return SqlBank(shared_connection)


@pytest.mark.timeout(1800)
@settings(max_examples=4 * settings().max_examples)
@given(script=scripts())
def test_the_sql_decides_as_the_model_and_a_batch_as_its_messages_one_by_one(
    sql_bank: SqlBank, script: Script
) -> None:
    with sql_bank.connection.transaction(force_rollback=True):
        batched = Run.start(sql_bank, script)
        modelled = Run.start(ModelBank(), script, like=batched)
        expected = modelled.live(script)
        assert batched.live(script) == expected
        assert batched.balances() == modelled.balances()
        single = Run.start(sql_bank, script)
        assert single.live(script, one_by_one=True) == expected
        assert single.balances() == modelled.balances()
        assert sql_bank.problems() == []

"""Banks for the scenarios: each runs on the model and on the SQL."""

from __future__ import annotations

import pytest
from tests.model.banks import Bank, ModelBank, SqlBank


@pytest.fixture(params=["model", "sql"])
def bank(request: pytest.FixtureRequest) -> Bank:
    """An issuer without accounts, once as the model and once as the database decides."""
    if request.param == "model":
        return ModelBank()
    return SqlBank(request.getfixturevalue("connection"))

"""Fixtures for tests of the decision: a bank on a database of its own, checked after every test."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from tests.sql.bank import Bank, Card


@pytest.fixture
def bank(database_url: str) -> Iterator[Bank]:
    """A bank without accounts. After the test its books must agree with its operation log."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        opened = Bank(connection, database_url)
        yield opened
        assert opened.problems() == []


@pytest.fixture
def card(bank: Bank) -> Card:
    """The card of the acceptance scenarios: EUR 1000.00, 5000.00 over 30 days, cash 500.00."""
    return bank.issue_card(bank.open_account(100_000))

"""Amounts: decimals are those of the currency, and nothing is rounded in silence."""

from __future__ import annotations

import pytest

from cbs.simulator.money import AmountError, currency_named, format_amount, parse_amount


@pytest.mark.parametrize(
    ("text", "currency", "amount_minor"),
    [
        ("42.50", "EUR", 4250),
        ("42.5", "978", 4250),
        ("42", "eur", 4200),
        ("5000", "JPY", 5000),
        ("9.999", "KWD", 9999),
        ("0", "EUR", 0),
        ("9999999999.99", "EUR", 999_999_999_999),
    ],
)
def test_an_amount_is_read_with_the_decimals_of_its_currency(
    text: str, currency: str, amount_minor: int
) -> None:
    assert parse_amount(text, currency) == amount_minor


@pytest.mark.parametrize(
    ("text", "currency", "complaint"),
    [
        ("42.505", "EUR", "EUR has 2 decimals"),
        ("1.5", "JPY", "JPY has 0 decimals"),
        ("-1", "EUR", "below zero"),
        ("10000000000.00", "EUR", "twelve digits"),
        ("a lot", "EUR", "is no amount"),
        ("NaN", "EUR", "is no amount"),
        ("Infinity", "EUR", "is no amount"),
        ("1", "ZZZ", "unknown currency"),
    ],
)
def test_an_amount_that_no_wire_can_carry_is_refused(
    text: str, currency: str, complaint: str
) -> None:
    with pytest.raises(AmountError, match=complaint):
        parse_amount(text, currency)


@pytest.mark.parametrize(
    ("amount_minor", "currency", "text"),
    [
        (4250, "978", "EUR 42.50"),
        (123456789, "EUR", "EUR 1,234,567.89"),
        (5000, "392", "JPY 5,000"),
        (9999, "414", "KWD 9.999"),
        (-150, "978", "EUR -1.50"),
        (42, "001", "42 minor units of 001"),
    ],
)
def test_an_amount_is_shown_with_currency_and_decimals(
    amount_minor: int, currency: str, text: str
) -> None:
    assert format_amount(amount_minor, currency) == text


def test_a_currency_is_found_by_letters_and_by_digits() -> None:
    assert currency_named("kwd") == currency_named("414")

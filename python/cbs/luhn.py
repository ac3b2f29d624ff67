"""The check digit of card numbers: ISO/IEC 7812-1, annex B."""

from __future__ import annotations


def check_digit(digits: str) -> str:
    """The digit that belongs behind `digits`."""
    doubled = (int(digit) * (2 - place % 2) for place, digit in enumerate(reversed(digits)))
    return str(-sum(value - 9 * (value > 9) for value in doubled) % 10)


def passes_luhn(digits: str) -> bool:
    """Whether the last one of `digits` is the check digit of those in front of it."""
    return digits[-1:] == check_digit(digits[:-1])

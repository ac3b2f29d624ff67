"""Amounts of a message in the currency of the account, and the texts of DE54."""

from __future__ import annotations

from tests.model.portfolio import Account, Operation, Portfolio
from tests.model.records import Record


def billing_minor(record: Record, account: Account) -> int | None:
    """The amount that counts for the account; None where the message does not say it."""
    if record.billing_amount_minor is not None and record.billing_currency is not None:
        return record.billing_amount_minor if record.billing_currency == account.currency else None
    return record.amount_minor if record.currency == account.currency else None


def scale_half_up(amount_minor: int, numerator_minor: int, denominator_minor: int) -> int:
    """amount x numerator / denominator, a half rounded away from zero; all are positive."""
    return (2 * amount_minor * numerator_minor + denominator_minor) // (2 * denominator_minor)


def scaled_by_chain(
    portfolio: Portfolio, amount_minor: int, currency: str | None, operation: Operation
) -> int | None:
    """The billing amount at the ratio of DE6 to DE4 that the matched operation's chain has.

    None where no operation of the chain has both amounts, in this transaction currency.
    """
    for op in [operation, *portfolio.chain(operation.chain)]:
        if op.record and op.billing_minor and op.record.amount_minor:
            if currency in {None, op.record.currency}:
                return scale_half_up(amount_minor, op.billing_minor, op.record.amount_minor)
            return None
    return None


def advice_billing_minor(
    portfolio: Portfolio, record: Record, account: Account, original: Operation | None
) -> int | None:
    """The billing amount of an advice, at the original's rate where it does not carry its own."""
    own = billing_minor(record, account)
    if own is not None or record.amount_minor is None or original is None:
        return own
    return scaled_by_chain(portfolio, record.amount_minor, record.currency, original)


def replacement_billing_minor(
    portfolio: Portfolio, reversal: Record, original: Operation
) -> int | None:
    """The new total that a reversal asks for, in billing currency; 0 takes back everything.

    A billing part of zeros beside an amount is a part that was not given: DE95 is of fixed length.
    """
    if not reversal.replacement_amount_minor:
        return 0
    if reversal.replacement_billing_amount_minor:
        return reversal.replacement_billing_amount_minor
    return scaled_by_chain(portfolio, reversal.replacement_amount_minor, None, original)


def additional_amount(record: Record, amount_type: str, currency: str, minor: int) -> str:
    """One entry of DE54: account type, amount type, currency, sign, twelve digits."""
    account_type = (record.processing_code or "000000")[2:4]
    sign = "D" if minor < 0 else "C"
    return f"{account_type}{amount_type}{currency}{sign}{abs(minor):012d}"

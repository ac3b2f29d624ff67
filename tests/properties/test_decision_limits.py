"""Rolling limits and partial approvals, decided by the model and by the SQL alike."""

from __future__ import annotations

from datetime import timedelta

from tests.model.banks import Bank
from tests.model.holder import Holder
from tests.model.messages import CASH, REFUND


def test_consumption_leaves_the_rolling_window_to_the_microsecond(bank: Bank) -> None:
    holder = Holder.with_money(bank, rolling_limit_minor=1000)
    holder.pay(1000)
    holder.wait(timedelta(days=30) - timedelta(microseconds=1))
    assert holder.code("0100", 1) == "61"
    holder.wait(timedelta(microseconds=1))
    assert holder.code("0100", 1000) == "00"


def test_consumption_comes_back_into_the_window_when_the_clock_goes_back(bank: Bank) -> None:
    holder = Holder.with_money(bank, rolling_limit_minor=1000)
    holder.pay(600)
    holder.wait(timedelta(days=31))
    assert holder.code("0100", 400) == "00"
    holder.wait(timedelta(days=-2))
    assert holder.code("0100", 1) == "61"
    holder.wait(timedelta(days=2))
    assert holder.code("0100", 600) == "00"


def test_a_reversal_gives_limit_back_where_the_purchase_took_it(bank: Bank) -> None:
    holder = Holder.with_money(bank, rolling_limit_minor=1000)
    record, _ = holder.pay(1000)
    holder.wait(timedelta(days=20))
    holder.reverse(record, replacement_amount_minor=400)
    assert [holder.code("0100", amount) for amount in (601, 600)] == ["61", "00"]
    holder.wait(timedelta(days=11))
    assert [holder.code("0100", amount) for amount in (401, 400)] == ["61", "00"]


def test_a_refund_does_not_give_limit_back(bank: Bank) -> None:
    holder = Holder.with_money(bank, rolling_limit_minor=1000)
    assert holder.code("0200", 800) == "00"
    assert holder.code("0200", 800, processing_code=REFUND) == "00"
    assert [holder.code("0100", amount) for amount in (201, 200)] == ["61", "00"]


def test_cash_counts_against_both_limits(bank: Bank) -> None:
    holder = Holder.with_money(bank, rolling_limit_minor=500_000, atm_limit_minor=50_000)
    codes = [
        holder.code("0100", 30_000, processing_code=CASH),
        holder.code("0100", 25_000, processing_code=CASH),
        holder.code("0100", 25_000),
    ]
    assert codes == ["00", "61", "00"]
    assert holder.balances == (100_000, 55_000, 45_000)


def test_a_stand_in_approval_counts_against_the_limit(bank: Bank) -> None:
    holder = Holder.with_money(bank, rolling_limit_minor=1000)
    holder.code("0120", 900)
    assert [holder.code("0100", amount) for amount in (101, 100)] == ["61", "00"]


def test_a_partial_approval_pays_what_is_there_and_says_so(bank: Bank) -> None:
    holder = Holder.with_money(bank, 8000)
    _, outcome = holder.pay(15_000, partial_approval=True)
    assert (outcome.response_code, outcome.amount_minor) == ("10", 8000)
    assert outcome.additional_amounts == "0057978C000000015000"
    assert holder.balances == (8000, 8000, 0)


def test_a_partial_approval_is_converted_downwards(bank: Bank) -> None:
    holder = Holder.with_money(bank, 1000)
    _, outcome = holder.pay(
        5000,
        currency="392",
        billing_amount_minor=3050,
        billing_currency="978",
        partial_approval=True,
    )
    assert outcome.response_code == "10"
    assert outcome.amount_minor == 1639
    assert (outcome.billing_amount_minor, outcome.billing_currency) == (1000, "978")
    assert outcome.additional_amounts == "0057392C0000000050000057978C000000003050"
    assert holder.balances == (1000, 1000, 0)


def test_a_terminal_without_the_capability_gets_no_partial_approval(bank: Bank) -> None:
    holder = Holder.with_money(bank, 8000)
    assert holder.code("0100", 15_000) == "51"


def test_a_limit_per_transaction_is_not_cured_by_a_partial_approval(bank: Bank) -> None:
    holder = Holder.with_money(bank, 8000, transaction_limit_minor=10_000)
    assert holder.code("0100", 15_000, partial_approval=True) == "61"


def test_nothing_left_is_a_decline_and_not_a_partial_approval_of_nothing(bank: Bank) -> None:
    holder = Holder.with_money(bank, 0)
    assert holder.code("0100", 1, partial_approval=True) == "51"

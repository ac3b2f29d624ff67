"""Requests, their repeats and their reasons, decided by the model and by the SQL alike."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.model.banks import Bank, new_card_token
from tests.model.holder import Holder
from tests.model.messages import CASH, CREDIT, INQUIRY, REFUND, repeat
from tests.model.portfolio import Outcome


def test_an_approved_purchase_holds_its_amount(bank: Bank) -> None:
    holder = Holder.with_money(bank)
    _, outcome = holder.pay(4250)
    assert outcome == Outcome(holder.account_id, "00", is_authorization_code_given=True)
    assert holder.balances == (100_000, 4250, 95_750)


def test_one_cent_more_than_available_is_declined(bank: Bank) -> None:
    holder = Holder.with_money(bank)
    _, outcome = holder.pay(100_001)
    assert outcome == Outcome(holder.account_id, "51", reasons=frozenset({"INSUFFICIENT_FUNDS"}))
    assert holder.balances == (100_000, 0, 100_000)


def test_the_last_cent_can_be_spent_and_no_more(bank: Bank) -> None:
    holder = Holder.with_money(bank)
    assert [holder.code("0100", amount) for amount in (100_000, 1)] == ["00", "51"]
    assert holder.balances == (100_000, 100_000, 0)


def test_an_overdraft_counts_as_available(bank: Bank) -> None:
    holder = Holder.with_money(bank, 5000, account={"overdraft_minor": 20_000})
    assert [holder.code("0100", amount) for amount in (24_000, 1001)] == ["00", "51"]
    assert holder.balances == (5000, 24_000, 1000)


@pytest.mark.parametrize(
    ("card_status", "account_status", "network", "code"),
    [
        ("lost", "active", "visa_like", "41"),
        ("stolen", "active", "visa_like", "43"),
        ("fraud_blocked", "active", "visa_like", "59"),
        ("fraud_blocked", "active", "mastercard_like", "63"),
        ("cancelled", "active", "visa_like", "46"),
        ("not_activated", "active", "visa_like", "78"),
        ("not_activated", "active", "mastercard_like", "72"),
        ("frozen", "active", "visa_like", "62"),
        ("active", "blocked", "visa_like", "62"),
        ("active", "closed", "visa_like", "46"),
        ("stolen", "closed", "visa_like", "43"),
    ],
)
def test_a_state_that_forbids_paying_has_its_own_code(
    bank: Bank, card_status: str, account_status: str, network: str, code: str
) -> None:
    holder = Holder.with_money(bank)
    bank.set_card_status(holder.card_token, card_status, holder.now)
    bank.set_account_status(holder.account_id, account_status, holder.now)
    assert holder.code("0100", 1000, network=network) == code
    assert holder.balances == (100_000, 0, 100_000)


def test_an_unknown_card_and_a_foreign_issuer_are_told_apart(bank: Bank) -> None:
    holder = Holder.with_money(bank)
    assert holder.code("0100", 1000, card_token=new_card_token()) == "14"
    foreign = holder.code("0100", 1000, card_token=new_card_token(), pan_masked="510000******0000")
    assert foreign == "15"


def test_every_reason_is_kept_and_the_first_is_answered(bank: Bank) -> None:
    holder = Holder.with_money(
        bank, 500, online=False, transaction_limit_minor=600, rolling_limit_minor=700
    )
    bank.set_card_status(holder.card_token, "frozen", holder.now)
    _, outcome = holder.pay(1000, card_present=False, expiry="2912")
    assert outcome.response_code == "54"
    assert outcome.reasons == {
        "EXPIRY_MISMATCH",
        "CARD_FROZEN",
        "OPTION_OFF",
        "TX_AMOUNT_LIMIT",
        "MONTH_LIMIT",
        "INSUFFICIENT_FUNDS",
    }


def test_cash_without_a_pin_on_a_magstripe_asks_for_the_pin(bank: Bank) -> None:
    holder = Holder.with_money(bank)
    code = holder.code("0100", 2000, processing_code=CASH, entry="magstripe", pin_present=False)
    assert code == "70"


def test_a_card_expires_with_its_month_where_the_account_lives(bank: Bank) -> None:
    holder = Holder.with_money(bank, account={"zone": "Asia/Tokyo"}, expiry="2606")
    holder.now = holder.now.replace(month=6, day=30, hour=14, minute=59, second=59)
    before = holder.code("0100", 1000)
    holder.wait(timedelta(seconds=1))
    assert (before, holder.code("0100", 1000)) == ("00", "54")


def test_a_repeat_gets_the_first_answer_and_books_nothing(bank: Bank) -> None:
    holder = Holder.with_money(bank)
    record, first = holder.pay(4250)
    assert not first.is_replay
    for _ in range(5):
        again = holder.repeat(record)
        assert (again.response_code, again.is_replay) == ("00", True)
    assert holder.balances == (100_000, 4250, 95_750)


def test_a_repeat_with_a_fresh_transmission_time_is_still_a_repeat(bank: Bank) -> None:
    holder = Holder.with_money(bank)
    named = {"local_time": "140000", "local_date": "0615", "stan": "000777"}
    holder.pay(4250, **named)
    holder.wait(timedelta(days=1))
    again = holder.send(holder.message("0101", amount_minor=4250, **named))
    assert again.is_replay
    assert holder.balances == (100_000, 4250, 95_750)


def test_the_same_stan_on_another_day_is_another_purchase(bank: Bank) -> None:
    holder = Holder.with_money(bank)
    record, _ = holder.pay(1000, stan="000042")
    holder.wait(timedelta(days=1))
    holder.pay(1000, stan="000042")
    assert holder.balances == (100_000, 2000, 98_000)
    other = repeat(record, holder.now, message_type="0100", amount_minor=9900)
    outcome = holder.send(other)
    assert (outcome.response_code, outcome.reasons) == ("94", frozenset({"DUPLICATE_KEY_MISMATCH"}))
    assert holder.balances == (100_000, 2000, 98_000)


def test_a_repeat_of_a_purchase_on_new_years_eve_is_found_on_new_years_day(bank: Bank) -> None:
    holder = Holder.with_money(bank)
    holder.now = holder.now.replace(month=12, day=31, hour=23, minute=59, second=59)
    named = {"local_time": "235959", "local_date": "1231", "stan": "000777"}
    record, _ = holder.pay(4250, **named)
    holder.wait(timedelta(seconds=2))
    assert holder.repeat(record).is_replay
    assert holder.send(holder.message("0101", amount_minor=4250, **named)).is_replay
    assert holder.balances == (100_000, 4250, 95_750)


def test_a_purchase_in_yen_holds_its_billing_amount(bank: Bank) -> None:
    holder = Holder.with_money(bank)
    code = holder.code(
        "0100", 5000, currency="392", billing_amount_minor=3050, billing_currency="978"
    )
    assert code == "00"
    assert holder.balances == (100_000, 3050, 96_950)
    assert holder.code("0100", 5000, currency="840") == "13"


def test_an_account_in_dinars_counts_thousandths(bank: Bank) -> None:
    holder = Holder.with_money(bank, 10_000, account={"currency": "414"})
    assert holder.code("0100", 9999, currency="414") == "00"
    assert holder.balances == (10_000, 9999, 1)
    assert holder.code("0100", 2, currency="414") == "51"


def test_an_account_verification_is_answered_without_money(bank: Bank) -> None:
    holder = Holder.with_money(bank, 0)
    assert holder.code("0100", 0, account_verification=True) == "85"
    assert holder.code("0100", 0) == "13"
    bank.set_card_status(holder.card_token, "frozen", holder.now)
    assert holder.code("0100", 0, account_verification=True) == "62"
    assert holder.balances == (0, 0, 0)


def test_credits_come_with_financial_messages_only(bank: Bank) -> None:
    holder = Holder.with_money(bank)
    assert holder.code("0100", 4000, processing_code=REFUND) == "00"
    assert holder.balances == (100_000, 0, 100_000)
    assert holder.code("0200", 10_000, processing_code=CREDIT) == "00"
    assert holder.balances == (110_000, 0, 110_000)


def test_a_frozen_card_takes_money_and_a_closed_account_does_not(bank: Bank) -> None:
    holder = Holder.with_money(bank)
    bank.set_card_status(holder.card_token, "frozen", holder.now)
    assert holder.code("0200", 1000, processing_code=CREDIT) == "00"
    bank.set_account_status(holder.account_id, "closed", holder.now)
    assert holder.code("0200", 1000, processing_code=CREDIT) == "46"
    assert holder.balances == (101_000, 0, 101_000)


def test_an_inquiry_tells_both_balances_and_their_signs(bank: Bank) -> None:
    holder = Holder.with_money(bank)
    holder.pay(4000)
    _, outcome = holder.pay(0, processing_code=INQUIRY)
    assert outcome.additional_amounts == "0001978C0000001000000002978C000000096000"
    holder.code("0120", 97_000)
    _, outcome = holder.pay(0, processing_code=INQUIRY)
    assert outcome.additional_amounts == "0001978C0000001000000002978D000000001000"
    assert holder.balances == (100_000, 101_000, -1000)


def test_a_request_that_cannot_be_read_is_answered_with_a_format_error(bank: Bank) -> None:
    holder = Holder.with_money(bank)
    record = holder.message("0100", format_error="4", amount_minor=None)
    outcome = holder.send(record)
    assert (outcome.response_code, outcome.reasons) == ("30", frozenset({"FORMAT_ERROR"}))
    assert holder.repeat(record).response_code == "30"


def test_two_copies_in_one_batch_are_one_operation(bank: Bank) -> None:
    holder = Holder.with_money(bank)
    record = holder.message("0100", amount_minor=4250)
    outcomes = bank.send([record, repeat(record, holder.now), record], holder.now)
    assert [outcome.is_replay for outcome in outcomes] == [False, True, True]
    assert holder.balances == (100_000, 4250, 95_750)


def test_a_repeat_under_a_fresh_key_is_known_for_ten_days(bank: Bank) -> None:
    held = []
    for age in (timedelta(days=10), timedelta(days=11)):
        holder = Holder.with_money(bank)
        named = {"local_time": "140000", "local_date": "0615", "stan": "000777"}
        holder.pay(4250, **named)
        holder.wait(age)
        holder.send(holder.message("0101", amount_minor=4250, **named))
        held.append(holder.balances.held_minor)
    assert held == [4250, 8500]


def test_a_stan_and_an_amount_alone_do_not_make_a_repeat(bank: Bank) -> None:
    holder = Holder.with_money(bank)
    holder.pay(4250, stan="000001")
    holder.wait(timedelta(days=1))
    again = holder.send(holder.message("0101", amount_minor=4250, stan="000001"))
    assert not again.is_replay
    assert holder.balances == (100_000, 8500, 91_500)

"""A cardholder with one account and one card: scenarios read as what the card goes through."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.model.banks import Balances, Bank, new_card_token
from tests.model.messages import message, repeat, reversal
from tests.model.portfolio import Outcome
from tests.model.records import Record

NOON = datetime(2026, 6, 15, 12, 0, 0, tzinfo=UTC)


@dataclass(slots=True)
class Holder:
    """An account with money, its card, and the time on the wall."""

    bank: Bank
    account_id: int
    card_token: bytes
    now: datetime = NOON
    stan: int = 0

    @classmethod
    def with_money(
        cls,
        bank: Bank,
        ledger_minor: int = 100_000,
        *,
        account: dict[str, Any] | None = None,
        **card_options: Any,
    ) -> Holder:
        """A new holder; 1,000.00 EUR and a card without limits unless said otherwise."""
        account_id = bank.open_account(ledger_minor, NOON, **(account or {}))
        holder = cls(bank, account_id, new_card_token())
        bank.issue_card(account_id, holder.card_token, NOON, **card_options)
        return holder

    @property
    def balances(self) -> Balances:
        """Ledger, held and available of the account."""
        return self.bank.balances(self.account_id)

    def wait(self, duration: timedelta) -> None:
        """Let time pass."""
        self.now += duration

    def message(self, message_type: str, **given: Any) -> Record:
        """A message of this card under a new STAN, sent now."""
        self.stan += 1
        given = {"stan": f"{self.stan:06d}", **given}
        return message(message_type, given.pop("card_token", self.card_token), self.now, **given)

    def send(self, record: Record) -> Outcome:
        """Have one message decided now."""
        return self.bank.send([record], self.now)[0]

    def pay(self, amount_minor: int, **given: Any) -> tuple[Record, Outcome]:
        """Send an 0100 over `amount_minor`; its record and what it is answered."""
        record = self.message("0100", amount_minor=amount_minor, **given)
        return record, self.send(record)

    def code(self, message_type: str, amount_minor: int, **given: Any) -> str:
        """The response code of a new message."""
        return self.send(
            self.message(message_type, amount_minor=amount_minor, **given)
        ).response_code

    def repeat(self, record: Record, **given: Any) -> Outcome:
        """Send `record` again as a repeat."""
        return self.send(repeat(record, self.now, **given))

    def reverse(self, record: Record, **given: Any) -> Outcome:
        """Send an 0420 that names `record` in DE90, under a new STAN unless one is given."""
        self.stan += 1
        given = {"stan": f"{900_000 + self.stan:06d}", **given}
        return self.send(reversal(record, self.now, **given))

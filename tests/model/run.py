"""A bank living through a script."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from tests.model.banks import Balances, Bank, new_card_token
from tests.model.holder import NOON
from tests.model.messages import message
from tests.model.portfolio import Outcome
from tests.model.records import Record, microseconds
from tests.model.scripts import FOREIGN_CARD, Batch, Draft, Script, StatusChange


@dataclass(slots=True)
class Run:
    """One bank living through a script."""

    bank: Bank
    accounts: list[int]
    tokens: list[bytes]

    @classmethod
    def start(cls, bank: Bank, script: Script, like: Run | None = None) -> Run:
        """Open the script's accounts; `like` gives the ids and tokens of another run."""
        run = cls(bank, [], like.tokens if like else [new_card_token() for _ in range(6)])
        for index, plan in enumerate(script.accounts):
            options: dict[str, Any] = {} if like is None else {"account_id": like.accounts[index]}
            account_id = bank.open_account(
                plan.ledger_minor,
                NOON,
                currency=plan.currency,
                overdraft_minor=plan.overdraft_minor,
                **options,
            )
            run.accounts.append(account_id)
        for token, card in zip(run.tokens, script.cards, strict=False):
            bank.issue_card(run.accounts[card.account], token, NOON, **card.options)
        return run

    def record(self, draft: Draft, now: datetime) -> Record:
        """The draft as a message of this run's card."""
        columns = dict(draft.columns)
        if draft.card == FOREIGN_CARD:
            columns["pan_masked"] = "510000******0000"
        sent = message(draft.message_type, self.tokens[draft.card], draft.transmitted_at, **columns)
        return replace(sent, received_at_us=microseconds(now))

    def live(self, script: Script, *, one_by_one: bool = False) -> list[Outcome]:
        """Let everything happen; account ids are numbers of the script, so that runs compare."""
        outcomes = []
        for now, event in script.events:
            if isinstance(event, Batch):
                records = [self.record(draft, now) for draft in event.drafts]
                groups = [[record] for record in records] if one_by_one else [records]
                for group in groups:
                    outcomes += self.bank.send(group, now)
            elif isinstance(event, StatusChange):
                self._change_status(script, event, now)
            else:
                self.bank.void_unsent([self.record(draft, now) for draft in event.drafts], now)
        numbers = {account_id: index for index, account_id in enumerate(self.accounts)} | {0: -1}
        return [replace(outcome, account_id=numbers[outcome.account_id]) for outcome in outcomes]

    def _change_status(self, script: Script, change: StatusChange, now: datetime) -> None:
        if change.is_account:
            account_id = self.accounts[script.cards[change.card].account]
            self.bank.set_account_status(account_id, change.status, now)
        else:
            self.bank.set_card_status(self.tokens[change.card], change.status, now)

    def balances(self) -> list[Balances]:
        """Ledger, held and available of every account of the script."""
        return [self.bank.balances(account_id) for account_id in self.accounts]

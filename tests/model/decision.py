"""The decision about one message after the other, written to be read beside the specification.

`Issuer.authorize` is the counterpart of `cbs_api.authorize_v1`, written from the specification and
not from the SQL; where the two differ, the specification decides who is wrong. Nothing is kept but
the log: balances, chain states and windows are summed again for each message.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

from tests.model import amounts, matching
from tests.model.effects import Effect, declined, replaced_at_once, replacement_minor
from tests.model.followups import advise, reverse
from tests.model.portfolio import (
    UNATTRIBUTED_ACCOUNT_ID,
    Account,
    Card,
    Kind,
    Operation,
    Outcome,
    Portfolio,
    State,
    kind_of,
)
from tests.model.reasons import (
    ACCOUNT_STATUS_REASONS,
    AMOUNT_REASONS,
    APPROVALS,
    CARD_STATUS_REASONS,
)
from tests.model.records import Record

PARTIAL_APPROVAL_PREFIXES = {"00", "09"}


@dataclass(slots=True)
class Issuer:
    """The bank that decides."""

    portfolio: Portfolio = field(default_factory=Portfolio)

    def open_account(self, account: Account, ledger_minor: int, now: datetime) -> None:
        """Open an account; its first balance is an operation like any other."""
        self.portfolio.accounts[account.account_id] = account
        number = len(self.portfolio.log)
        self.portfolio.log.append(
            Operation(
                number,
                account.account_id,
                None,
                None,
                now,
                None,
                chain=number,
                state=State.CLEARED,
                ledger_delta_minor=ledger_minor,
            )
        )

    def issue_card(self, card: Card) -> None:
        """Put a card into circulation."""
        self.portfolio.cards[card.card_token] = card

    def authorize(self, records: list[Record], now: datetime) -> list[Outcome]:
        """Answer each message; a batch is the same as one message after the other."""
        return [self._answer(record, now) for record in records]

    def _answer(self, record: Record, now: datetime) -> Outcome:
        card = self.portfolio.cards.get(record.card_token or b"")
        account_id = card.account_id if card else UNATTRIBUTED_ACCOUNT_ID
        earlier = self._earlier_copy(record, account_id)
        if earlier is not None:
            return earlier
        if record.format_error is not None:
            is_followup = record.is_advice or record.is_reversal
            effect = declined(account_id, record, {"FORMAT_ERROR"})
            effect = replace(effect, is_orphan=is_followup)
        elif record.is_reversal:
            effect = reverse(self.portfolio, record, account_id, now)
        elif record.is_advice:
            effect = advise(self.portfolio, record, account_id, now)
        else:
            effect = self._request(record, card, now)
        self._log(record, account_id, effect, now)
        return effect.outcome

    def _log(self, record: Record, account_id: int, effect: Effect, now: datetime) -> None:
        number = len(self.portfolio.log)
        self.portfolio.log.append(
            Operation(
                number,
                account_id,
                record.card_token,
                record,
                now,
                effect.outcome,
                chain=number if effect.chain is None else effect.chain,
                state=effect.state,
                hold_delta_minor=effect.hold_delta_minor,
                ledger_delta_minor=effect.ledger_delta_minor,
                billing_minor=effect.billing_minor,
                is_unmatched_reversal=effect.is_unmatched_reversal,
                is_orphan=effect.is_orphan,
            )
        )

    def _earlier_copy(self, record: Record, account_id: int) -> Outcome | None:
        """The answer to a message that has been seen before; None for a new one."""
        copies = matching.same_key(self.portfolio, account_id, record)
        if record.is_advice:
            copies = [
                op for op in copies if op.record and op.record.fingerprint == record.fingerprint
            ]
        earlier = copies[-1] if copies else None
        if earlier is None and record.is_repeat:
            earlier = matching.repeated_under_new_key(self.portfolio, account_id, record)
        if earlier is None or earlier.record is None or earlier.outcome is None:
            return None
        if matching.is_voided(self.portfolio, earlier):
            return None
        if earlier.record.fingerprint != record.fingerprint:
            if record.format_error is not None:
                return declined(account_id, record, {"FORMAT_ERROR"}).outcome
            return declined(account_id, record, {"DUPLICATE_KEY_MISMATCH"}).outcome
        is_request = record.message_class in matching.REQUESTS
        is_approval = earlier.outcome.response_code in APPROVALS
        if is_request and is_approval and self.portfolio.state(earlier.chain) is State.REVERSED:
            return declined(account_id, record, {"REVERSED"}).outcome
        return replace(earlier.outcome, is_replay=True)

    # Requests

    def _request(self, record: Record, card: Card | None, now: datetime) -> Effect:
        if card is None:
            return declined(UNATTRIBUTED_ACCOUNT_ID, record, self._unknown_card(record))
        account = self.portfolio.accounts[card.account_id]
        reversals = matching.reversals_before(self.portfolio, record, now)
        if any(not replacement_minor(op) for op in reversals):
            return declined(account.account_id, record, {"REVERSED_BEFORE_ORIGINAL"})
        advice = matching.advice_of(self.portfolio, record, now)
        if advice is not None:
            return self._as_advised(record, account, advice)
        reasons = self._reasons(record, card, account, now)
        if not reasons:
            effect = self._approve(record, account)
        elif _may_be_partial(record, reasons):
            effect = self._approve_partially(record, card, account, now, reasons)
        else:
            effect = declined(account.account_id, record, reasons)
            billing = amounts.billing_minor(record, account)
            effect = replace(effect, billing_minor=billing)
        return replaced_at_once(effect, reversals, record)

    def _unknown_card(self, record: Record) -> set[str]:
        first_six = (record.pan_masked or "")[:6]
        is_ours = any(first_six.startswith(prefix) for prefix in self.portfolio.issuer_bins)
        return _shape(record) | {"CARD_NOT_FOUND" if is_ours else "UNKNOWN_ISSUER"}

    def _reasons(self, record: Record, card: Card, account: Account, now: datetime) -> set[str]:
        kind = kind_of(record)
        reasons = _shape(record)
        reasons |= _status_reasons(card, account, is_credit=kind.is_credit)
        if kind.is_credit:
            if _lacks_billing(record, account):
                reasons.add("NO_BILLING_AMOUNT")
            return reasons
        if card.is_expired(now, account.zone):
            reasons.add("CARD_EXPIRED")
        if record.expiry is not None and record.expiry != card.expiry:
            reasons.add("EXPIRY_MISMATCH")
        if kind is Kind.VERIFICATION:
            return reasons
        if kind is Kind.CASH and not _is_cash_verified(record):
            reasons.add("PIN_MISSING")
        if not _are_options_on(record, card):
            reasons.add("OPTION_OFF")
        if kind.is_debit:
            reasons |= self._amount_reasons(record, card, account, now)
        return reasons

    def _amount_reasons(
        self, record: Record, card: Card, account: Account, now: datetime
    ) -> set[str]:
        billing = amounts.billing_minor(record, account)
        if billing is None:
            return {"NO_BILLING_AMOUNT"}
        if billing == 0:
            return {"INVALID_AMOUNT"}
        reasons = set()
        limit = card.transaction_limit_minor
        if limit is not None and billing > limit:
            reasons.add("TX_AMOUNT_LIMIT")
        remaining = self._remaining_minor(card, now, {Kind.PURCHASE, Kind.CASH})
        if remaining is not None and billing > remaining:
            reasons.add("MONTH_LIMIT")
        if kind_of(record) is Kind.CASH:
            remaining = self._remaining_minor(card, now, {Kind.CASH})
            if remaining is not None and billing > remaining:
                reasons.add("ATM_LIMIT")
        if billing > self.portfolio.available_minor(account.account_id):
            reasons.add("INSUFFICIENT_FUNDS")
        return reasons

    def _remaining_minor(self, card: Card, now: datetime, kinds: set[Kind]) -> int | None:
        """What is left of the ATM limit, or of the general one; None where there is none."""
        is_atm = kinds == {Kind.CASH}
        limit = card.atm_limit_minor if is_atm else card.rolling_limit_minor
        if limit is None:
            return None
        return limit - self.portfolio.consumption_minor(card.card_token, now, kinds)

    def _approve(self, record: Record, account: Account) -> Effect:
        kind, account_id = kind_of(record), account.account_id
        if kind is Kind.VERIFICATION:
            return Effect(Outcome(account_id, "85"), State.RECORDED)
        approved = Outcome(account_id, "00", is_authorization_code_given=True)
        if kind is Kind.INQUIRY:
            balances = amounts.additional_amount(
                record, "01", account.currency, self.portfolio.ledger_minor(account_id)
            ) + amounts.additional_amount(
                record, "02", account.currency, self.portfolio.available_minor(account_id)
            )
            return Effect(replace(approved, additional_amounts=balances), State.RECORDED)
        billing = amounts.billing_minor(record, account)
        assert billing is not None
        return _booked(approved, record, billing, billing)

    def _approve_partially(
        self, record: Record, card: Card, account: Account, now: datetime, reasons: set[str]
    ) -> Effect:
        """Approve what can be paid, if that is anything in the currency of the sale."""
        billing, requested = amounts.billing_minor(record, account), record.amount_minor
        assert billing is not None and requested is not None
        remaining = self._remaining_minor(card, now, {Kind.PURCHASE, Kind.CASH})
        available = self.portfolio.available_minor(account.account_id)
        approved = min(billing, available, available if remaining is None else remaining)
        sale = approved * requested // billing
        if approved < 1 or sale < 1:
            refused = declined(account.account_id, record, reasons)
            return replace(refused, billing_minor=billing)
        original = amounts.additional_amount(record, "57", record.currency or "", requested)
        is_converted = None not in {record.billing_amount_minor, record.billing_currency}
        if record.currency != account.currency:
            original += amounts.additional_amount(record, "57", account.currency, billing)
        outcome = Outcome(
            account.account_id,
            "10",
            is_authorization_code_given=True,
            amount_minor=sale,
            billing_amount_minor=approved if is_converted else None,
            billing_currency=account.currency if is_converted else None,
            additional_amounts=original,
            reasons=frozenset(reasons),
        )
        return _booked(outcome, record, approved, billing)

    def _as_advised(self, record: Record, account: Account, advice: Operation) -> Effect:
        """The network has decided for us; the request gets that answer and books nothing."""
        assert advice.record is not None
        if self.portfolio.state(advice.chain) is State.REVERSED:
            return replace(
                declined(account.account_id, record, {"REVERSED"}), state=None, chain=advice.chain
            )
        code = advice.record.advice_response_code or "00"
        outcome = Outcome(
            account.account_id, code, is_authorization_code_given=code in APPROVALS - {"85"}
        )
        if code == "10":
            outcome = _advised_part(outcome, record, advice)
        return Effect(outcome, chain=advice.chain)

    # Replies that never left

    def void_unsent(self, keys: list[tuple[str, bytes, bytes]], now: datetime) -> None:
        """Take back approvals, named by network, card token and key, whose reply never left."""
        for network, card_token, key in keys:
            copies = [
                op
                for op in self.portfolio.log
                if op.record is not None
                and op.record.network == network
                and op.card_token == card_token
                and op.record.identity_key == key
                and op.record.message_class in matching.REQUESTS
            ]
            if copies and self._can_be_voided(copies[-1]):
                self._void(copies[-1], now)

    def _can_be_voided(self, operation: Operation) -> bool:
        """Only our own word is taken back: not what an advice or a reversal has settled since."""
        chain = self.portfolio.chain(operation.chain)
        followers = [op.record for op in chain if op.record and op.number != operation.number]
        return (
            operation.outcome is not None
            and operation.outcome.response_code in APPROVALS
            and not matching.is_voided(self.portfolio, operation)
            and operation.number == operation.chain
            and self.portfolio.state(operation.chain) is not State.REVERSED
            and not any(record.message_class in matching.ADVICES for record in followers)
        )

    def _void(self, operation: Operation, now: datetime) -> None:
        self.portfolio.log.append(
            Operation(
                len(self.portfolio.log),
                operation.account_id,
                operation.card_token,
                None,
                now,
                None,
                chain=operation.chain,
                state=State.VOIDED,
                hold_delta_minor=-self.portfolio.hold_minor(operation.chain),
                ledger_delta_minor=self.portfolio.posted_minor(operation.chain),
                voided_number=operation.number,
            )
        )


def _booked(outcome: Outcome, record: Record, approved: int, billing: int) -> Effect:
    """An approval: a request to authorize holds, a financial one posts, a credit never holds."""
    kind, is_financial = kind_of(record), record.message_class == "0200"
    if is_financial:
        delta = approved if kind.is_credit else -approved
        return Effect(outcome, State.CLEARED, ledger_delta_minor=delta, billing_minor=billing)
    if kind.is_credit:
        return Effect(outcome, State.RECORDED, billing_minor=billing)
    return Effect(outcome, State.PENDING, hold_delta_minor=approved, billing_minor=billing)


def _advised_part(outcome: Outcome, record: Record, advice: Operation) -> Outcome:
    """The network approved a part: the reply says which; 00 where it is no smaller amount."""
    assert advice.record is not None
    part, requested = advice.record.amount_minor, record.amount_minor
    is_same_currency = advice.record.currency == record.currency
    if part is None or requested is None or part >= requested or not is_same_currency:
        return replace(outcome, response_code="00")
    outcome = replace(outcome, amount_minor=part)
    if None in {record.billing_amount_minor, record.billing_currency}:
        return outcome
    return replace(
        outcome,
        billing_amount_minor=advice.billing_minor,
        billing_currency=record.billing_currency,
    )


def _shape(record: Record) -> set[str]:
    kind, reasons = kind_of(record), set()
    if kind is Kind.UNSUPPORTED:
        reasons.add("UNSUPPORTED_TRANSACTION")
    elif kind.direction != "none" and not record.amount_minor:
        reasons.add("INVALID_AMOUNT")
    return reasons


def _lacks_billing(record: Record, account: Account) -> bool:
    return amounts.billing_minor(record, account) is None


def _status_reasons(card: Card, account: Account, *, is_credit: bool) -> set[str]:
    """Money may still come to a card that may no longer pay; not to one that is closed."""
    reasons = {
        CARD_STATUS_REASONS.get(card.status, ""),
        ACCOUNT_STATUS_REASONS.get(account.status, ""),
    } - {""}
    return reasons & {"CARD_CANCELLED", "ACCOUNT_CLOSED"} if is_credit else reasons


def _is_cash_verified(record: Record) -> bool:
    return record.pin_present or record.entry in {"chip", "contactless"}


def _are_options_on(record: Record, card: Card) -> bool:
    return (
        (card.online or record.card_present)
        and (card.contactless or record.entry not in {"contactless", "contactless_magstripe"})
        and (
            card.magstripe or record.entry not in {"magstripe", "contactless_magstripe", "fallback"}
        )
        and (card.atm or kind_of(record) is not Kind.CASH)
    )


def _may_be_partial(record: Record, reasons: set[str]) -> bool:
    return (
        record.partial_approval
        and (record.processing_code or "")[:2] in PARTIAL_APPROVAL_PREFIXES
        and reasons <= AMOUNT_REASONS
    )

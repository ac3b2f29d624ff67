"""Messages that tell what has happened: advices and reversals. They are never refused for money."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from tests.model import amounts, matching
from tests.model.effects import Effect, declined, replaced_at_once, replacement_minor
from tests.model.portfolio import (
    UNATTRIBUTED_ACCOUNT_ID,
    Operation,
    Outcome,
    Portfolio,
    State,
    kind_of,
)
from tests.model.records import Record


def advise(portfolio: Portfolio, record: Record, account_id: int, now: datetime) -> Effect:
    """What an advice does: the network has decided, the books follow."""
    acknowledged = Effect(Outcome(account_id, "00"), State.RECORDED, is_orphan=True)
    if account_id == UNATTRIBUTED_ACCOUNT_ID:
        return acknowledged
    reversals = matching.reversals_before(portfolio, record, now)
    if any(not replacement_minor(op) for op in reversals):
        return replace(acknowledged, state=State.REVERSED)
    account = portfolio.accounts[account_id]
    original = matching.original_of(portfolio, record, now)
    billing = amounts.advice_billing_minor(portfolio, record, account, original)
    effect = replace(acknowledged, billing_minor=billing)
    if original is not None:
        effect = replace(effect, state=None, chain=original.chain, is_orphan=False)
    if not matching.is_approval(record):
        return _advised_decline(portfolio, effect, original)
    if billing is None or kind_of(record).direction == "none":
        return effect
    if record.message_class == "0120":
        effect = _advised_hold(portfolio, effect, record, billing)
    else:
        effect = _advised_posting(portfolio, effect, record, billing)
    return replaced_at_once(effect, reversals, record) if original is None else effect


def _advised_decline(portfolio: Portfolio, effect: Effect, original: Operation | None) -> Effect:
    """The network declined: what we had approved for the same transaction is taken back."""
    if original is None:
        return effect
    root = portfolio.chain(original.chain)[0]
    if root.record is None or root.record.message_class not in matching.REQUESTS:
        return effect
    state = portfolio.state(original.chain)
    if state is State.PENDING:
        hold = portfolio.hold_minor(original.chain)
        return replace(effect, state=State.REVERSED, hold_delta_minor=-hold)
    if state is State.CLEARED and root.record.message_class == "0200":
        posted = portfolio.posted_minor(original.chain)
        return replace(effect, state=State.REVERSED, ledger_delta_minor=posted)
    return effect


def _advised_hold(portfolio: Portfolio, effect: Effect, record: Record, billing: int) -> Effect:
    """The hold becomes the advice's amount; what is posted already needs no hold."""
    if kind_of(record).is_credit:
        return effect
    held = posted = 0
    if effect.chain is not None:
        held = portfolio.hold_minor(effect.chain)
        posted = portfolio.posted_minor(effect.chain)
    if posted != 0:
        return effect
    return replace(
        effect,
        state=State.PENDING if billing else State.REVERSED,
        hold_delta_minor=billing - held,
        is_orphan=effect.is_orphan or _is_reopened(portfolio, effect),
    )


def _advised_posting(portfolio: Portfolio, effect: Effect, record: Record, billing: int) -> Effect:
    """The posting becomes the advice's amount, and nothing stays held."""
    held = posted = 0
    if effect.chain is not None:
        held = portfolio.hold_minor(effect.chain)
        posted = portfolio.posted_minor(effect.chain)
    target = -billing if kind_of(record).is_credit else billing
    return replace(
        effect,
        state=State.CLEARED if billing else State.REVERSED,
        hold_delta_minor=-held,
        ledger_delta_minor=posted - target,
        is_orphan=effect.is_orphan or _is_reopened(portfolio, effect),
    )


def _is_reopened(portfolio: Portfolio, effect: Effect) -> bool:
    """Whether the chain had come to its end before this advice."""
    if effect.chain is None:
        return False
    return portfolio.state(effect.chain) in {State.REVERSED, State.VOIDED}


def reverse(portfolio: Portfolio, record: Record, account_id: int, now: datetime) -> Effect:
    """What a reversal does: afterwards nothing unwanted of its original remains."""
    if not names_anything(record):
        return replace(declined(account_id, record, {"FORMAT_ERROR"}), is_orphan=True)
    outcome = Outcome(account_id, "00")
    accepted = Effect(outcome, State.RECORDED, is_unmatched_reversal=True, is_orphan=True)
    if account_id == UNATTRIBUTED_ACCOUNT_ID:
        return accepted
    original = matching.original_of(portfolio, record, now)
    if original is None:
        return accepted
    accepted = Effect(Outcome(account_id, "00"), chain=original.chain)
    state = portfolio.state(original.chain)
    if state not in {State.PENDING, State.CLEARED}:
        return accepted
    held = portfolio.hold_minor(original.chain)
    posted = portfolio.posted_minor(original.chain)
    current = held if state is State.PENDING else abs(posted)
    total = amounts.replacement_billing_minor(portfolio, record, original)
    if total is None or total > current:
        code = "13" if record.message_class == "0400" else "00"
        return replace(accepted, outcome=Outcome(account_id, code))
    root = portfolio.chain(original.chain)[0].record
    assert root is not None
    if posted != 0 and (record.original_message_type or root.message_type)[:2] != "02":
        # What an 0220 posted is settled; taking back the 0100 before it brings no money.
        code = "21" if record.message_class == "0400" else "00"
        return replace(accepted, outcome=Outcome(account_id, code))
    if total == 0:
        accepted = replace(accepted, state=State.REVERSED)
    if state is State.PENDING:
        return replace(accepted, hold_delta_minor=total - held)
    return replace(accepted, ledger_delta_minor=posted - (total if posted > 0 else -total))


def names_anything(record: Record) -> bool:
    """Whether a reversal says at all which message it takes back."""
    return (
        matching.has_original_data(record)
        or record.lifecycle_id is not None
        or record.retrieval_reference is not None
    )

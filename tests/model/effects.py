"""What one message does: its outcome, and how it moves its chain."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tests.model import amounts
from tests.model.portfolio import Operation, Outcome, State
from tests.model.reasons import response_code
from tests.model.records import Record


@dataclass(frozen=True, slots=True)
class Effect:
    """The outcome, what the chain turns into, and what is held and posted by it."""

    outcome: Outcome
    state: State | None = None
    hold_delta_minor: int = 0
    ledger_delta_minor: int = 0
    billing_minor: int | None = None
    chain: int | None = None
    is_unmatched_reversal: bool = False
    is_orphan: bool = False


def declined(account_id: int, record: Record, reasons: set[str]) -> Effect:
    """A refusal: all its reasons are kept, the first by priority gives the response code."""
    code = response_code(reasons, record.network)
    return Effect(Outcome(account_id, code, reasons=frozenset(reasons)), State.DECLINED)


def replaced_at_once(effect: Effect, reversals: list[Operation], record: Record) -> Effect:
    """Bring an approval down to the replacement amounts that came before it."""
    billing, requested = effect.billing_minor, record.amount_minor
    if not billing or not requested:
        return effect
    for op in reversals:
        assert op.record is not None and op.record.replacement_amount_minor is not None
        total = op.record.replacement_billing_amount_minor or amounts.scale_half_up(
            op.record.replacement_amount_minor, billing, requested
        )
        if effect.hold_delta_minor > total:
            effect = replace(effect, hold_delta_minor=total)
        if -effect.ledger_delta_minor > total:
            effect = replace(effect, ledger_delta_minor=-total)
        if effect.ledger_delta_minor > total:
            effect = replace(effect, ledger_delta_minor=total)
    return effect


def replacement_minor(operation: Operation) -> int:
    """The new total of a reversal in the currency of the sale; 0 takes back everything."""
    assert operation.record is not None
    return operation.record.replacement_amount_minor or 0

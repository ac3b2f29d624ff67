"""What is true of the model after every message, and so, as they are compared, of the SQL."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from tests.model.banks import ModelBank
from tests.model.holder import NOON
from tests.model.messages import reversal
from tests.model.portfolio import Portfolio
from tests.model.run import Run
from tests.model.scripts import Batch, Script, scripts


def lived(script: Script) -> Run:
    """The model after a script."""
    run = Run.start(ModelBank(), script)
    run.live(script)
    return run


def portfolio_of(run: Run) -> Portfolio:
    """The books of a run of the model."""
    assert isinstance(run.bank, ModelBank)
    return run.bank.issuer.portfolio


@given(script=scripts())
def test_no_chain_ever_holds_less_than_nothing(script: Script) -> None:
    log = portfolio_of(lived(script)).log
    held: dict[int, int] = {}
    for op in log:
        held[op.chain] = held.get(op.chain, 0) + op.hold_delta_minor
        assert held[op.chain] >= 0


@given(script=scripts())
def test_a_request_is_only_approved_for_money_that_is_there(script: Script) -> None:
    portfolio = portfolio_of(lived(script))
    so_far = Portfolio(portfolio.accounts)
    for op in portfolio.log:
        so_far.log.append(op)
        is_request = op.record is not None and op.record.message_class in {"0100", "0200"}
        if is_request and (op.hold_delta_minor > 0 or op.ledger_delta_minor < 0):
            assert so_far.available_minor(op.account_id) >= 0


@given(script=scripts())
def test_the_ledger_moves_only_with_financial_messages_and_what_takes_them_back(
    script: Script,
) -> None:
    portfolio = portfolio_of(lived(script))
    for op in portfolio.log:
        if op.record is not None and op.ledger_delta_minor != 0:
            classes = {
                each.record.message_class for each in portfolio.chain(op.chain) if each.record
            }
            assert classes & {"0200", "0220"}
            assert op.record.message_class != "0100"


@given(script=scripts())
def test_messages_that_were_answered_from_the_log_leave_no_trace(script: Script) -> None:
    events = []
    run = Run.start(ModelBank(), script)
    for now, event in script.events:
        outcomes = run.live(replace(script, events=[(now, event)]))
        if isinstance(event, Batch):
            pairs = zip(event.drafts, outcomes, strict=True)
            event = Batch([draft for draft, outcome in pairs if not outcome.is_replay])
        events.append((now, event))
    assert lived(replace(script, events=events)).balances() == run.balances()


@given(script=scripts())
def test_nothing_is_held_once_every_message_has_been_reversed(script: Script) -> None:
    """Twice each: a DE90 without acquirer may first have met another message of its STAN."""
    run = lived(script)
    sent = [op.record for op in portfolio_of(run).log if op.record and not op.record.is_reversal]
    for number, record in enumerate(sent * 2):
        run.bank.send([reversal(record, NOON, stan=f"7{number:05d}")], NOON)
    assert all(run.bank.balances(account).held_minor == 0 for account in run.accounts)

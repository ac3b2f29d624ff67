"""Finding the operation that a message repeats, follows or takes back, by reading the whole log."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from tests.model.portfolio import Operation, Portfolio, State, kind_of
from tests.model.records import Record

REPEAT_DAYS = 10
TOMBSTONE_AGE = timedelta(days=10)
LIFECYCLE_AGE = timedelta(days=45)
RETRIEVAL_AGE = timedelta(days=30)
REQUESTS = {"0100", "0200"}
ADVICES = {"0120", "0220"}


def same_key(portfolio: Portfolio, account_id: int, record: Record) -> list[Operation]:
    """Operations of this key (K1), oldest first: an advice may have several of other content."""
    return [
        op
        for op in portfolio.log
        if op.record is not None
        and op.account_id == account_id
        and op.card_token == record.card_token
        and op.record.network == record.network
        and op.record.message_class == record.message_class
        and op.record.identity_key == record.identity_key
    ]


def repeated_under_new_key(
    portfolio: Portfolio, account_id: int, record: Record
) -> Operation | None:
    """The operation that a repeat with a fresh DE7 is a copy of (K2), looked for over ten days."""
    found = [
        op
        for op in portfolio.log
        if op.record is not None
        and op.account_id == account_id
        and op.card_token == record.card_token
        and _repeat_fields(op.record) == _repeat_fields(record)
        and op.record.fingerprint == record.fingerprint
        and 0 <= _days(record) - _days(op.record) <= REPEAT_DAYS
    ]
    return found[-1] if found else None


def _repeat_fields(record: Record) -> tuple[object, ...]:
    return (
        record.network,
        record.message_class,
        record.stan,
        record.local_time,
        record.local_date,
        record.acquirer_id,
        record.retrieval_reference,
    )


def _days(record: Record) -> int:
    """The UTC date of DE7, as days since 1970."""
    return timedelta(microseconds=record.transmitted_at_us or 0).days


def is_voided(portfolio: Portfolio, operation: Operation) -> bool:
    """Whether the reply to this operation is known never to have left."""
    return any(op.voided_number == operation.number for op in portfolio.log)


def original_of(portfolio: Portfolio, record: Record, now: datetime) -> Operation | None:
    """The operation that an advice or a reversal is about: the first rung that finds any.

    Of several on one rung the one of an open chain is preferred, then the newest.
    """
    candidates = [
        op
        for op in portfolio.log
        if op.record is not None
        and op.card_token == record.card_token
        and op.account_id != 0
        and op.record.network == record.network
        and op.record.message_class in REQUESTS | ADVICES
        and kind_of(op.record).is_credit == kind_of(record).is_credit
        and not is_voided(portfolio, op)
    ]
    rungs: list[Callable[[Record, Record, timedelta], bool]] = [_by_lifecycle, _by_original_data]
    if record.message_class in ADVICES:
        rungs.append(_by_request_key)
    rungs.append(_by_retrieval_reference)
    for rung in rungs:
        found = [op for op in candidates if op.record and rung(op.record, record, now - op.now)]
        if found:
            return max(
                found, key=lambda op: (portfolio.state(op.chain) is State.PENDING, op.number)
            )
    return None


def _by_lifecycle(original: Record, later: Record, age: timedelta) -> bool:
    return (
        later.lifecycle_id is not None
        and later.lifecycle_id == original.lifecycle_id
        and age <= LIFECYCLE_AGE
    )


def has_original_data(record: Record) -> bool:
    """Whether DE90 says enough: the type, the STAN, and DE7 or DE32."""
    return (
        record.original_message_type is not None
        and record.original_stan is not None
        and not (record.original_transmitted_at_us is None and record.original_acquirer_id is None)
    )


def _by_original_data(original: Record, later: Record, age: timedelta) -> bool:
    """Only the parts of DE90 that are there are compared.

    The acquirer names the request it sent, while we may know only the advice of the network that
    stood in for us: an 0100 and its 0120 are the same original.
    """
    return (
        has_original_data(later)
        and (later.original_message_type or "")[:2] == original.message_type[:2]
        and later.original_stan == original.stan
        and later.original_transmitted_at_us in {None, original.transmitted_at_us}
        and later.original_acquirer_id in {None, original.acquirer_id}
    )


def _by_request_key(original: Record, later: Record, age: timedelta) -> bool:
    """An advice that carries the key fields of a request is about that request."""
    return (
        original.message_class in REQUESTS
        and later.message_class in ADVICES
        and _key_fields(original) == _key_fields(later)
    )


def _by_retrieval_reference(original: Record, later: Record, age: timedelta) -> bool:
    return (
        later.retrieval_reference is not None
        and later.acquirer_id is not None
        and later.retrieval_reference == original.retrieval_reference
        and later.acquirer_id == original.acquirer_id
        and later.authorization_code in {None, original.authorization_code}
        and age <= RETRIEVAL_AGE
    )


def _key_fields(record: Record) -> tuple[object, ...]:
    return (
        record.transmitted_at_us,
        record.stan,
        record.acquirer_id,
        record.retrieval_reference,
    )


def advice_of(portfolio: Portfolio, record: Record, now: datetime) -> Operation | None:
    """The advice that has already told us about the transaction this request asks for."""
    if record.card_token not in portfolio.cards:
        return None
    found = [
        op
        for op in portfolio.log
        if op.record is not None
        and op.card_token == record.card_token
        and op.record.network == record.network
        and op.record.message_class in ADVICES
        and op.outcome is not None
        and op.outcome.response_code == "00"
        and kind_of(op.record).is_credit == kind_of(record).is_credit
        and (
            _by_request_key(record, op.record, now - op.now)
            or (
                _by_lifecycle(op.record, record, now - op.now)
                and _has_no_request(portfolio, op.chain)
            )
        )
    ]
    return found[-1] if found else None


def _has_no_request(portfolio: Portfolio, chain: int) -> bool:
    return not any(
        op.record is not None and op.record.message_class in REQUESTS
        for op in portfolio.chain(chain)
    )


def reversals_before(portfolio: Portfolio, record: Record, now: datetime) -> list[Operation]:
    """Reversals that came before this, their original, and found nothing then; oldest first."""
    return [
        op
        for op in portfolio.log
        if op.is_unmatched_reversal
        and op.record is not None
        and op.card_token == record.card_token
        and op.record.network == record.network
        and kind_of(op.record).is_credit == kind_of(record).is_credit
        and now - op.now < TOMBSTONE_AGE
        and any(
            rung(record, op.record, op.now - now)
            for rung in (_by_lifecycle, _by_original_data, _by_retrieval_reference)
        )
    ]

"""Finding the operation that a message repeats, follows or takes back, by reading the whole log."""

from __future__ import annotations

from datetime import datetime, timedelta

from tests.model.portfolio import Kind, Operation, Portfolio, State, kind_of
from tests.model.reasons import APPROVALS
from tests.model.records import Record

REPEAT_DAYS = 10
TOMBSTONE_AGE = timedelta(days=10)
LIFECYCLE_AGE = timedelta(days=45)
RETRIEVAL_AGE = timedelta(days=30)
INCREMENT_REASONS = {"3900", "3901", "3902", "3903", "3904"}
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
    """The operation that a repeat with a fresh DE7 is a copy of (K2), looked for over ten days.

    A STAN comes back, with some terminals every day: DE37 or both local times must be there too.
    """
    if record.retrieval_reference is None and None in {record.local_time, record.local_date}:
        return None
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

    Of several on one rung the one of an open chain is preferred, then the newest; before that, of
    several transactions under one life-cycle id, the one that the message names in DE90.
    """
    candidates = [
        op
        for op in portfolio.log
        if op.record is not None
        and op.card_token == record.card_token
        and op.account_id != 0
        and op.record.network == record.network
        and op.record.message_class in REQUESTS | ADVICES
        and _is_same_direction(portfolio.kind(op.chain), record)
        and not is_voided(portfolio, op)
    ]
    is_advice = record.message_class in ADVICES
    for rung in (_by_lifecycle, _by_original_data, _by_request_key, _by_retrieval_reference):
        if rung is _by_request_key and not is_advice:
            continue
        found = [op for op in candidates if op.record and rung(op.record, record, now - op.now)]
        if found:
            named = [op for op in found if _is_named(op, record, now)]
            return max(
                named or found,
                key=lambda op: (portfolio.state(op.chain) is State.PENDING, op.number),
            )
    return None


def _is_named(original: Operation, later: Record, now: datetime) -> bool:
    """Whether DE90, or the key fields of an advice, tell it from others of its life-cycle id."""
    assert original.record is not None
    age = now - original.now
    return _by_original_data(original.record, later, age) or (
        later.message_class in ADVICES and _by_request_key(original.record, later, age)
    )


def _is_same_direction(kind: Kind, later: Record) -> bool:
    """A return is no reversal: what is about a refund never touches a purchase, nor the reverse."""
    if later.is_reversal:
        return kind.is_credit == kind_of(later).is_credit
    return kind.direction == kind_of(later).direction


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
    stood in for us: an 0100 and its 0120 are the same original. Without DE7 only so far back: a
    STAN comes back.
    """
    return (
        has_original_data(later)
        and (later.original_message_type or "")[:2] == original.message_type[:2]
        and later.original_stan == original.stan
        and later.original_acquirer_id in {None, original.acquirer_id}
        and (
            later.original_transmitted_at_us == original.transmitted_at_us
            or (later.original_transmitted_at_us is None and age <= RETRIEVAL_AGE)
        )
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
        and later.original_stan in {None, original.stan}
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


def has_orphans(portfolio: Portfolio, card_token: bytes | None, now: datetime) -> bool:
    """Whether a follow-up of the last ten days has found nothing to follow."""
    return any(
        op.is_orphan and op.card_token == card_token and now < op.now + TOMBSTONE_AGE
        for op in portfolio.log
    )


def advice_of(portfolio: Portfolio, record: Record, now: datetime) -> Operation | None:
    """The advice that has already told us about the transaction this request asks for.

    An advice that approved and yet booked nothing tells nothing. An increment, or a financial
    request after an advice to hold, has the life-cycle id of its root and is a transaction of its
    own all the same.
    """
    if not has_orphans(portfolio, record.card_token, now):
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
        and portfolio.kind(op.chain).is_credit == kind_of(record).is_credit
        and not (is_approval(op.record) and portfolio.state(op.chain) is State.RECORDED)
        and (
            _key_fields(record) == _key_fields(op.record)
            or (
                _by_lifecycle(op.record, record, now - op.now)
                and record.reason_code not in INCREMENT_REASONS
                and (record.message_class, op.record.message_class) != ("0200", "0120")
                and _has_no_request(portfolio, op.chain)
            )
        )
    ]
    return found[-1] if found else None


def is_approval(advice: Record) -> bool:
    """Whether the network says that the transaction took place; silence says so too."""
    return advice.advice_response_code in {None, *APPROVALS}


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

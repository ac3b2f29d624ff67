"""Messages as dataclasses: which data element fills which field, and the way back.

Annotate a dataclass with `Field`, read it with `message.to(Purchase)`, write it with
`codec.encode(purchase)`:

    @dataclass
    class Purchase:
        pan: Annotated[str, Field("2")]
        amount: Annotated[Decimal, Field("4", decimals=2, width=12)]
        sent_at: Annotated[datetime, Field("7", format="%m%d%H%M%S", zone=UTC)]
        mti: Annotated[str, Field("mti")] = "0100"
"""

from __future__ import annotations

import dataclasses
import types
import typing
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, tzinfo
from decimal import Decimal, InvalidOperation
from enum import Enum
from functools import cache
from typing import Any, TypeVar

from cbs._native import Message
from cbs.currencies import exponent_of
from cbs.errors import BindingError, EncodeError

__all__ = ["Field", "from_message", "to_fields"]

_Record = TypeVar("_Record")
_PLAIN = (str, int, Decimal, bytes, datetime, date, time)
_DATES = (datetime, date, time)
_ABSENT = object()
_FORMAT_EXAMPLE = 'Field("7", format="%m%d%H%M%S")'


@dataclass(frozen=True, slots=True)
class Field:
    """Where a field of a dataclass lies in a message, and how its text is read.

    `path` is a path of the message ("4", "62.2", "mti"); inside a nested dataclass it starts at
    the element of that ("9F26" in one that lies at "55").
    """

    path: str
    _: dataclasses.KW_ONLY
    decimals: int | None = None
    """Of a `Decimal`: how many of the digits stand behind the point."""
    currency: str | None = None
    """Of a `Decimal`, in place of `decimals`: the path, from the top of the message, of the
    currency (three digits of ISO 4217) whose minor unit says how many they are."""
    width: int | None = None
    """Of an `int` or a `Decimal`: digits to write, filled with zeros on the left."""
    format: str | None = None
    """Of a `datetime`, `date` or `time`: as for `strptime`. One without a year has the year that
    puts it nearest to now."""
    zone: tzinfo | None = None
    """Of a `datetime`: the zone in which it is written."""


@dataclass(frozen=True, slots=True)
class _Member:
    """One field of a dataclass, with what its annotation says."""

    owner: str
    name: str
    field: Field
    kind: type
    is_optional: bool
    has_default: bool
    is_list: bool

    def path(self, prefix: str) -> str:
        return f"{prefix}.{self.field.path}" if prefix else self.field.path

    def __str__(self) -> str:
        return f"{self.owner}.{self.name}"


def from_message(
    message: Message, record: type[_Record], reveal: bool = False, now: datetime | None = None
) -> _Record:
    """A dataclass filled from a message: what `Message.to` gives.

    Card data is masked unless `reveal`. `now` (the current time) decides the year of dates
    without one. Raises `cbs.errors.BindingError` for what is missing or no such value, and
    `TypeError` for a class that says no such thing.
    """
    return _read(message, record, "", reveal, now or datetime.now(UTC))


def to_fields(record: object) -> dict[str, Any]:
    """The mapping that `Codec.encode` takes, from a dataclass. None is left out.

    Raises `cbs.errors.EncodeError` for a value that its field cannot have.
    """
    fields: dict[str, Any] = {}
    amounts: list[tuple[_Member, Any, str]] = []
    _write(record, "", fields, amounts)
    for member, value, path in amounts:
        fields[path] = _text(_with_decimals(member, fields, path), value, path)
    return fields


def _read(
    message: Message, record: type[_Record], prefix: str, reveal: bool, now: datetime
) -> _Record:
    values: dict[str, Any] = {}
    for member in _members(record):
        path = member.path(prefix)
        if path not in message:
            if member.has_default:
                continue
            if not member.is_optional:
                raise _misfit(member, path, "a value", "none")
            values[member.name] = None
        elif dataclasses.is_dataclass(member.kind):
            values[member.name] = _read(message, member.kind, path, reveal, now)
        elif member.is_list:
            texts = message.get_all(path, reveal=reveal)
            values[member.name] = [_read_one(message, member, path, text, now) for text in texts]
        else:
            text = message.reveal(path) if reveal else message[path]
            values[member.name] = _read_one(message, member, path, text, now)
    return record(**values)


def _read_one(message: Message, member: _Member, path: str, text: str, now: datetime) -> Any:
    """A text of a message as the type of its field."""
    if member.field.currency is not None:
        code = message.get(member.field.currency)
        decimals = None if code is None else exponent_of(code)
        if decimals is None:
            raise _misfit(member, path, f"an ISO 4217 currency at {member.field.currency}", "none")
        member = _scaled(member, decimals)
    value = _value(member, text, now)
    if value is _ABSENT:
        masked = "masked card data, which reveal=True would show"
        raise _misfit(member, path, _wanted(member), masked if "*" in text else "another text")
    return value


def _scaled(member: _Member, decimals: int) -> _Member:
    field = dataclasses.replace(member.field, decimals=decimals, currency=None)
    return dataclasses.replace(member, field=field)


def _with_decimals(member: _Member, fields: dict[str, Any], path: str) -> _Member:
    """A field with the decimals of the currency that is written beside it."""
    code = fields.get(member.field.currency or "")
    decimals = exponent_of(code) if isinstance(code, str) else None
    if decimals is None:
        expected = f"an ISO 4217 currency at {member.field.currency}"
        raise EncodeError(f"{path}: expected {expected}, found none ({member})", path=path)
    return _scaled(member, decimals)


def _write(
    record: Any, prefix: str, fields: dict[str, Any], amounts: list[tuple[_Member, Any, str]]
) -> None:
    for member in _members(type(record)):
        path = member.path(prefix)
        value = getattr(record, member.name)
        if value is None:
            continue
        for item in value if member.is_list and isinstance(value, list) else [value]:
            if not isinstance(item, member.kind) or isinstance(item, bool):
                text = f"{path}: expected {member.kind.__name__}, found {type(item).__name__}"
                raise EncodeError(f"{text} ({member})", path=path)
        if dataclasses.is_dataclass(member.kind):
            _write(value, path, fields, amounts)
        elif member.is_list:
            fields[path] = [_text(member, item, path) for item in value]
        elif member.field.currency is not None:
            amounts.append((member, value, path))
        else:
            fields[path] = _text(member, value, path)


def _misfit(member: _Member, path: str, expected: str, found: str) -> BindingError:
    return BindingError(f"{path}: expected {expected}, found {found} ({member})", path=path)


def _wanted(member: _Member) -> str:
    name = member.kind.__name__
    return f"{name} as {member.field.format}" if member.field.format else name


def _members(record: Any) -> tuple[_Member, ...]:
    """What a dataclass says about its fields. Raises `TypeError` where it says too little."""
    return _declared(record)


@cache
def _declared(record: Any) -> tuple[_Member, ...]:
    owner: str = record.__name__
    if not dataclasses.is_dataclass(record):
        raise TypeError(f"{owner} is no dataclass")
    hints = typing.get_type_hints(record, include_extras=True)
    members = []
    for field in dataclasses.fields(record):
        missing = dataclasses.MISSING
        has_default = field.default is not missing or field.default_factory is not missing
        name = f"{owner}.{field.name}"
        kind, declared, is_optional = _annotation(hints[field.name])
        is_list = typing.get_origin(kind) is list
        if is_list:
            kind, declared_inside, _ = _annotation(typing.get_args(kind)[0])
            declared = declared or declared_inside
        if declared is None:
            if not has_default:
                raise TypeError(f"{name} has neither a Field nor a default")
            continue
        known = isinstance(kind, type) and (
            kind in _PLAIN
            or issubclass(kind, Enum)
            or (dataclasses.is_dataclass(kind) and not is_list)
        )
        if not known:
            raise TypeError(f"{name}: a field cannot be {kind}")
        if kind in _DATES and declared.format is None:
            raise TypeError(f"{name}: {kind.__name__} needs a format, as in {_FORMAT_EXAMPLE}")
        if declared.currency is not None and (kind is not Decimal or is_list):
            raise TypeError(f"{name}: only a Decimal has a currency")
        members.append(
            _Member(owner, field.name, declared, kind, is_optional, has_default, is_list)
        )
    return tuple(members)


def _annotation(hint: Any) -> tuple[Any, Field | None, bool]:
    """The type without its wrapping, the `Field` among it, and whether it may be None."""
    declared = None
    is_optional = False
    while True:
        if typing.get_origin(hint) is typing.Annotated:
            hint, *more = typing.get_args(hint)
            declared = next((item for item in more if isinstance(item, Field)), declared)
        elif typing.get_origin(hint) in (typing.Union, types.UnionType):
            rest = [kind for kind in typing.get_args(hint) if kind is not type(None)]
            if len(rest) != 1:
                return hint, declared, is_optional
            hint, is_optional = rest[0], True
        else:
            return hint, declared, is_optional


def _value(member: _Member, text: str, now: datetime) -> Any:
    """A text as its type; `_ABSENT` where it is none. No error may hold the text."""
    kind, field = member.kind, member.field
    digits = text.isascii() and text.isdigit()
    try:
        if kind is str:
            return text
        if kind is int:
            return int(text) if digits else _ABSENT
        if kind is Decimal and field.decimals is not None:
            return Decimal(text).scaleb(-field.decimals) if digits else _ABSENT
        if kind is Decimal:
            number = Decimal(text)
            return number if number.is_finite() else _ABSENT
        if kind is bytes:
            return bytes.fromhex(text)
        if kind in _DATES:
            return _moment(kind, text, field, now)
        return kind(text)
    except (ValueError, InvalidOperation):
        return _ABSENT


def _moment(kind: type, text: str, field: Field, now: datetime) -> date | time:
    """A date or time; one without a year in the year that puts it nearest to now."""
    assert field.format is not None
    if kind is time or any(year in field.format for year in ("%y", "%Y", "%G", "%c", "%x")):
        moment = datetime.strptime(text, field.format)
    else:
        here = now.astimezone(field.zone or UTC).replace(tzinfo=None)
        moments = []
        for year in (here.year - 1, here.year, here.year + 1):
            try:
                moments.append(datetime.strptime(f"{year} {text}", f"%Y {field.format}"))
            except ValueError:
                continue  # the 29th of February is not in every year
        moment = min(moments, key=lambda moment: abs(moment - here))
    if kind is date:
        return moment.date()
    return moment.time() if kind is time else moment.replace(tzinfo=field.zone)


def _text(member: _Member, value: Any, path: str) -> str:
    """A value as the text that the codec writes."""
    field = member.field
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, Decimal) and field.decimals is not None:
        scaled = value.scaleb(field.decimals)
        if not value.is_finite() or scaled != scaled.to_integral_value():
            expected = f"at most {field.decimals} decimals"
            raise EncodeError(f"{path}: expected {expected}, found more ({member})", path=path)
        value = int(scaled)
    if isinstance(value, int):
        if value < 0:
            raise EncodeError(
                f"{path}: expected a number from 0 on, found a negative one ({member})", path=path
            )
        return str(value).zfill(field.width or 0)
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, _DATES):
        assert field.format is not None
        if isinstance(value, datetime) and value.tzinfo is not None and field.zone is not None:
            value = value.astimezone(field.zone)
        return str(value.strftime(field.format))
    return str(value)

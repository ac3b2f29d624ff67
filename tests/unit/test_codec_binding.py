"""Dataclasses out of messages, and messages out of dataclasses."""

from __future__ import annotations

import traceback
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Optional

import pytest

from cbs.codec import Codec, Field, Message
from cbs.errors import BindingError, EncodeError

PAN = "4000000000000010"
NOW = datetime(2027, 1, 1, 0, 30, tzinfo=UTC)


class Entry(Enum):
    CHIP = "0510"
    MANUAL = "0110"


@dataclass
class Chip:
    cryptogram: Annotated[bytes, Field("9F26")]
    counter: Annotated[int | None, Field("9F36")] = None


@dataclass
class Purchase:
    pan: Annotated[str, Field("2")]
    amount: Annotated[Decimal, Field("4", decimals=2, width=12)]
    sent_at: Annotated[datetime, Field("7", format="%m%d%H%M%S", zone=UTC)]
    stan: Annotated[int, Field("11", width=6)]
    entry: Annotated[Entry, Field("22")]
    transaction_id: Annotated[str | None, Field("62.2")]
    chip: Annotated[Chip | None, Field("55")] = None
    local_time: Annotated[time | None, Field("12", format="%H%M%S")] = None
    expires: Annotated[date | None, Field("14", format="%y%m")] = None
    code: Optional[Annotated[str, Field("39")]] = None  # noqa: UP045
    mti: Annotated[str, Field("mti")] = "0100"
    remarks: list[str] = field(default_factory=list)


@dataclass
class Card:
    pan: Annotated[int, Field("2")]


PURCHASE = Purchase(
    pan=PAN,
    amount=Decimal("42.50"),
    sent_at=datetime(2026, 12, 31, 23, 59, 58, tzinfo=UTC),
    stan=13,
    entry=Entry.CHIP,
    transaction_id=None,
    chip=Chip(b"\1\2\3\4\5\6\7\x08"),
    local_time=time(1, 2, 3),
    expires=date(2029, 12, 1),
)


@pytest.fixture
def message(visa_codec: Codec) -> Message:
    return visa_codec.decode(visa_codec.encode(PURCHASE))


def test_a_dataclass_is_written_and_read_back(message: Message) -> None:
    assert message["4"] == "000000004250"
    assert message["7"] == "1231235958"
    assert message["55.9F26"] == "0102030405060708"
    assert "62" not in message
    assert message.to(Purchase, reveal=True, now=NOW) == PURCHASE


def test_card_data_arrives_masked_unless_it_is_asked_for(message: Message) -> None:
    assert message.to(Purchase, now=NOW).pan == "400000******0010"
    with pytest.raises(BindingError, match=r"2: expected int, found masked card data") as caught:
        message.to(Card)
    assert caught.value.path == "2"
    assert message.to(Card, reveal=True).pan == int(PAN)


@pytest.mark.parametrize(
    ("now", "year"),
    [
        (NOW, 2026),
        (datetime(2026, 12, 31, 23, tzinfo=UTC), 2026),
        (datetime(2027, 12, 31, 23, tzinfo=UTC), 2027),
        (datetime(2027, 1, 1, 9, tzinfo=timezone(timedelta(hours=9))), 2026),
    ],
)
def test_a_date_without_a_year_has_the_nearest_one(
    message: Message, now: datetime, year: int
) -> None:
    assert message.to(Purchase, now=now).sent_at.year == year


def test_the_29th_of_february_is_looked_for_in_years_that_have_it(
    visa_codec: Codec, message: Message
) -> None:
    leap = message.set("7", "0229120000").to(Purchase, now=datetime(2028, 3, 1, tzinfo=UTC))
    assert leap.sent_at == datetime(2028, 2, 29, 12, tzinfo=UTC)
    with pytest.raises(BindingError, match="7: expected datetime as %m%d%H%M%S"):
        message.set("7", "0229120000").to(Purchase, now=datetime(2026, 3, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        ("4", None, r"4: expected a value, found none \(Purchase.amount\)"),
        ("22", "0000", r"22: expected Entry, found another text \(Purchase.entry\)"),
        ("7", "9999999999", "7: expected datetime as"),
        ("55.9F26", None, r"55\.9F26: expected a value, found none \(Chip.cryptogram\)"),
    ],
)
def test_what_does_not_fit_is_told_by_path_and_type(
    message: Message, path: str, value: str | None, told: str
) -> None:
    changed = message.delete(path) if value is None else message.set(path, value)
    if path == "55.9F26":
        changed = changed.set("55.9F10", "00")
    with pytest.raises(BindingError, match=told) as caught:
        changed.to(Purchase, now=NOW)
    assert caught.value.path == path


def test_no_trace_of_an_error_holds_what_was_in_the_field(message: Message) -> None:
    @dataclass
    class Wrong:
        pan: Annotated[Any, Field("2")]

    Wrong.__annotations__["pan"] = Annotated[datetime, Field("2", format="%Y")]
    with pytest.raises(BindingError) as caught:
        message.to(Wrong, reveal=True)
    assert PAN not in "".join(traceback.format_exception(caught.value))
    assert caught.value.__context__ is None


@pytest.mark.parametrize(
    ("change", "path", "told"),
    [
        ({"amount": Decimal("1.005")}, "4", "at most 2 decimals"),
        ({"amount": Decimal(-1)}, "4", "from 0 on"),
        ({"amount": 1}, "4", "expected Decimal, found int"),
        ({"stan": True}, "11", "expected int, found bool"),
        ({"stan": 1_000_000}, "11", "6 digits, found 7"),
        ({"pan": "400000******0010"}, "2", "masked text"),
        ({"chip": Chip(b"", -1)}, "55.9F36", "from 0 on"),
        ({"mti": "1"}, "mti", "four digits"),
    ],
)
def test_a_value_that_cannot_be_sent_is_told_by_its_path(
    visa_codec: Codec, change: dict[str, Any], path: str, told: str
) -> None:
    values = {name: getattr(PURCHASE, name) for name in PURCHASE.__dataclass_fields__}
    with pytest.raises(EncodeError, match=told) as caught:
        visa_codec.encode(Purchase(**(values | change)))
    assert caught.value.path == path


def test_a_moment_is_written_in_the_zone_of_its_field(visa_codec: Codec) -> None:
    values = {name: getattr(PURCHASE, name) for name in PURCHASE.__dataclass_fields__}
    there = PURCHASE.sent_at.astimezone(timezone(timedelta(hours=5)))
    assert visa_codec.encode(Purchase(**(values | {"sent_at": there}))) == visa_codec.encode(
        PURCHASE
    )


def test_classes_that_say_too_little_are_refused(message: Message) -> None:
    @dataclass
    class Bare:
        pan: str

    @dataclass
    class Moment:
        at: Any

    Moment.__annotations__["at"] = Annotated[datetime, Field("7")]

    @dataclass
    class Several:
        tags: Any

    Several.__annotations__["tags"] = Annotated[dict[str, str], Field("55")]

    @dataclass
    class Rate:
        rate: Any

    Rate.__annotations__["rate"] = Annotated[int, Field("4", currency="49")]
    for record, told in [
        (Bare, "Bare.pan has neither a Field nor a default"),
        (Moment, "Moment.at: datetime needs a format"),
        (Several, r"Several.tags: a field cannot be dict\[str, str\]"),
        (Rate, "Rate.rate: only a Decimal has a currency"),
    ]:
        with pytest.raises(TypeError, match=told):
            message.to(record)
    with pytest.raises(TypeError, match="str is no dataclass"):
        message.to(str)  # type: ignore[type-var]

"""Amounts by their currency, and tags that come more than once, out of and into dataclasses."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Annotated

import pytest

from cbs.codec import Codec, Field
from cbs.currencies import exponent_of
from cbs.errors import BindingError, EncodeError
from cbs.simulator.money import CURRENCIES

SQL = Path(__file__).resolve().parents[2] / "sql" / "reference" / "0010_currencies.sql"


@dataclass
class Payment:
    amount: Annotated[Decimal, Field("4", currency="49", width=12)]
    currency: Annotated[str, Field("49")]
    amount_minor: Annotated[int | None, Field("6", width=12)] = None
    mti: Annotated[str, Field("mti")] = "0100"


@dataclass
class Scripts:
    results: Annotated[list[str], Field("55.9F5B")]
    counters: Annotated[list[int], Field("55.9F36")] = field(default_factory=list)
    commands: Annotated[list[bytes] | None, Field("55.86")] = None
    mti: Annotated[str, Field("mti")] = "0100"


@pytest.mark.parametrize(
    ("amount", "currency", "written"),
    [
        ("42.50", "978", "000000004250"),
        ("4250", "392", "000000004250"),
        ("4.250", "414", "000000004250"),
        ("0.4250", "990", "000000004250"),
    ],
)
def test_the_currency_says_where_the_point_stands(
    visa_codec: Codec, amount: str, currency: str, written: str
) -> None:
    payment = Payment(Decimal(amount), currency, amount_minor=4250)
    message = visa_codec.decode(visa_codec.encode(payment))
    assert message["4"] == message["6"] == written
    assert message.to(Payment) == payment
    assert str(message.to(Payment).amount) == amount


def test_an_amount_has_no_more_decimals_than_its_currency(visa_codec: Codec) -> None:
    with pytest.raises(EncodeError, match=r"4: expected at most 0 decimals.*Payment.amount"):
        visa_codec.encode(Payment(Decimal("42.5"), "392"))


@pytest.mark.parametrize("currency", ["000", "123"])
def test_an_amount_of_an_unknown_currency_is_refused(visa_codec: Codec, currency: str) -> None:
    message = visa_codec.decode(
        visa_codec.encode({"mti": "0100", "4": "000000004250", "49": currency})
    )
    told = r"4: expected an ISO 4217 currency at 49, found none \(Payment.amount\)"
    with pytest.raises(BindingError, match=told) as caught:
        message.to(Payment)
    assert caught.value.path == "4"
    with pytest.raises(BindingError, match=told):
        message.delete("49").to(Payment)
    with pytest.raises(EncodeError, match=told):
        visa_codec.encode(Payment(Decimal(1), currency))


def test_currencies_are_those_of_the_database_and_the_simulator() -> None:
    rows = re.findall(r"\('(\d{3})', '[A-Z]{3}', (\d)\)", SQL.read_text())
    assert len(rows) > 40
    for code, exponent in rows:
        assert exponent_of(code) == int(exponent), code
    for entry in CURRENCIES:
        assert exponent_of(entry.number) == entry.exponent, entry
    assert exponent_of("000") is None


def test_a_tag_that_repeats_is_a_list(visa_codec: Codec) -> None:
    scripts = Scripts(["01", "02"], commands=[b"\xaa", b"\xbb\xcc"])
    message = visa_codec.decode(visa_codec.encode(scripts))
    assert message["55.9F5B"] == "01"
    assert message.get_all("55.9F5B") == ["01", "02"]
    assert message.to(Scripts) == scripts


def test_a_tag_that_comes_once_is_a_list_of_one(visa_codec: Codec) -> None:
    message = visa_codec.decode(
        visa_codec.encode({"mti": "0100", "55": {"9F5B": "01", "9F36": ["0001", "0002"]}})
    )
    assert message.to(Scripts) == Scripts(["01"], [1, 2])


def test_what_is_wrong_in_a_list_is_told_by_path_and_field(visa_codec: Codec) -> None:
    document = {"mti": "0100", "55": {"9F5B": "01", "9F36": ["0001", "00ff"]}}
    message = visa_codec.decode(visa_codec.encode(document))
    told = r"55\.9F36: expected int, found another text \(Scripts.counters\)"
    with pytest.raises(BindingError, match=told):
        message.to(Scripts)
    told = r"55\.9F5B: expected a value, found none \(Scripts.results\)"
    with pytest.raises(BindingError, match=told):
        message.delete("55").to(Scripts)
    told = r"55\.86: expected bytes, found int \(Scripts.commands\)"
    with pytest.raises(EncodeError, match=told):
        visa_codec.encode(Scripts([], commands=[1]))  # type: ignore[list-item]


def test_every_text_at_a_path_is_given(visa_codec: Codec) -> None:
    document = {
        "mti": "0100",
        "2": "4000000000000010",
        "123": [{"_dataset": "66", "C0": "1"}, {"_dataset": "67", "C0": ["02", "03"]}],
    }
    message = visa_codec.decode(visa_codec.encode(document))
    assert message.get_all("123.C0") == ["1", "02", "03"]
    assert message.get_all("123.67.C0") == ["02", "03"]
    assert message.get_all("2") == ["400000******0010"]
    assert message.get_all("2", reveal=True) == ["4000000000000010"]
    assert message.get_all("mti") == ["0100"]
    assert message.get_all("123._dataset") == ["66"]
    for path in ("3", "123.68.C0", "", "2.1", "x"):
        assert message.get_all(path) == []

"""The model speaks of the same records as the network profile makes and the SQL takes."""

from __future__ import annotations

from dataclasses import fields
from datetime import timedelta

from tests.model.banks import new_card_token
from tests.model.holder import NOON
from tests.model.messages import purchase, repeat
from tests.model.records import EPOCH, Record, microseconds

from cbs.network import RECORD_COLUMNS


def test_a_record_has_the_columns_of_the_network_profile_in_their_order() -> None:
    assert tuple(field.name for field in fields(Record)) == tuple(RECORD_COLUMNS)


def test_an_identity_key_leads_with_the_second_of_transmission() -> None:
    record = purchase(new_card_token(), 1000, NOON + timedelta(microseconds=999_999))
    assert int.from_bytes(record.identity_key[:4], "big") == (NOON - EPOCH).total_seconds()
    assert len(record.identity_key) == 16


def test_a_repeat_has_the_key_and_the_content_of_its_original() -> None:
    record = purchase(new_card_token(), 1000, NOON)
    again = repeat(record, NOON + timedelta(hours=1))
    assert again.identity_key == record.identity_key
    assert again.fingerprint == record.fingerprint
    assert (again.message_type, again.message_class) == ("0101", "0100")


def test_microseconds_are_exact() -> None:
    moment = NOON + timedelta(microseconds=1)
    assert microseconds(moment) == microseconds(NOON) + 1

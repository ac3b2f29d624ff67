"""Every byte of a message of every dialect changed: read and written again, or refused by place."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import cache
from typing import Any

import pytest
from tests.unit.known_messages import ALL, FOLDER, body_of

from cbs.codec import Codec, Message, specification_names
from cbs.errors import DecodeError, EncodeError

SHORT_BYTES = 64
"""Messages up to this length are tried with all values of every byte."""
LONG_BYTES = 500
"""Longer ones with a few."""
VALUES: Sequence[int] = b"\x00\x0a\x19\x39\x41\x80\xf5\xff"
SENSITIVE = ("2", "34", "35", "36", "45", "48.92", "52", "55.5A", "55.57", "102", "103", "125")
CARD_LIKE = re.compile(r"(\d)\1*(?!\1)\d{12}")
"""Thirteen digits and more that are not all the same."""
CARD = "4000000000000010"
VALUES_OF_ALL: dict[str, str] = {
    "mti": "0100",
    "2": CARD,
    "3": "000000",
    "4": "000000004250",
    "11": "020013",
    "37": "714719002013",
    "41": "TERM0001",
    "49": "978",
}
"""What most dialects have under the same number and in the same form."""


@cache
def codec(name: str) -> Codec:
    return Codec.load(name)


def known_messages() -> dict[str, tuple[str, bytes]]:
    """Dialect and body of every vector, and of a plain request in every dialect."""
    messages = {f"visa_like {vector!r}": ("visa_like", vector.body) for vector in ALL}
    documents: list[dict[str, Any]] = json.loads((FOLDER / "dialect_messages.json").read_text())
    for document in documents:
        name = f"{document['specification']} {document['source'].split('/')[-1]}"
        messages[name] = (document["specification"], body_of(document))
    for name in specification_names():
        messages[f"{name} plain request"] = (name, request_of(codec(name)))
    return messages


def request_of(known: Codec) -> bytes:
    """The plain request, without what this dialect has in another form."""
    version = {"iso93": "1", "iso20": "2"}.get(known.name[:5], "0")
    fields = {**VALUES_OF_ALL, "mti": version + "100"}
    while True:
        try:
            return known.encode(fields)
        except EncodeError as error:
            assert error.path not in ("mti", "2"), error
            del fields[error.path]


MESSAGES = known_messages()


def test_every_dialect_has_a_message_to_change() -> None:
    assert {name for name, _ in MESSAGES.values()} == set(specification_names())


def check_message(known: Codec, message: Message, octets: bytes) -> None:
    assert known.encode(message) == octets
    hidden = [
        clear
        for path in SENSITIVE
        if path in message and CARD_LIKE.search(clear := message.reveal(path))
    ]
    if not hidden:
        return
    shown = message.describe()
    clear_rows = message.describe(reveal=True)
    # what stands in a field of its own that is no secret may be read there
    public = [text for (_, _, text), row in zip(shown, clear_rows, strict=True) if text == row[2]]
    public.append(message.bitmap)
    texts = (repr(message), message.to_json().decode(), *(row[2] for row in shown))
    for clear in hidden:
        if not any(clear in text for text in public):
            assert all(clear not in text for text in texts)


def check_error(error: DecodeError, octets: bytes, cards: list[str]) -> None:
    assert error.offset is not None
    assert 0 <= error.offset <= len(octets)
    assert error.path or "end of the message" in str(error)
    text = f"{error!s} {error!r} {error.partial!r}"
    assert not any(card in text for card in cards)


@pytest.mark.parametrize("name", MESSAGES)
def test_any_change_of_any_byte_is_read_whole_or_refused_by_place(name: str) -> None:
    dialect, body = MESSAGES[name]
    known = codec(dialect)
    message = known.decode(body)
    card = message.reveal("2") if "2" in message else CARD
    cards = [card[at : at + 8] for at in range(len(card) - 7)]
    octets = bytearray(body)
    outcomes = {"read": 0, "refused": 0}
    values: Sequence[int] = range(256) if len(body) <= SHORT_BYTES else VALUES
    if len(body) > LONG_BYTES:
        values = VALUES[::4]
    for place, original in enumerate(body):
        for value in values:
            octets[place] = value
            changed = bytes(octets)
            try:
                message = known.decode(changed)
            except DecodeError as error:
                check_error(error, changed, cards)
                outcomes["refused"] += 1
            else:
                check_message(known, message, changed)
                outcomes["read"] += 1
        octets[place] = original
    assert min(outcomes.values()) > 0
